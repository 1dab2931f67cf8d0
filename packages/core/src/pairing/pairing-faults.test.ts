/** Every frame of a pairing lost, changed, repeated, or the last one that passes: nothing is ever half done. */
import { describe, expect, it } from "vitest";
import { noblePeerPrimitives } from "../crypto/noble-peer.ts";
import { rememberingPrimitives } from "../testing/channel-ends.ts";
import { equal } from "../testing/expect.ts";
import { pairingWorld, type PairingDevice, type PairingWorld } from "../testing/pairing-world.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { keptIn } from "../testing/test-device.ts";

/** All pairings here are the same up to the fault. */
const crypto = rememberingPrimitives(noblePeerPrimitives);

/** The codes a pairing may end with when something went wrong on the way. */
const CODES = [
  "MASQ_PAIRING_FAILED",
  "MASQ_PAIRING_REFUSED",
  "MASQ_INVITATION_EXPIRED",
  "MASQ_CLOSED",
];

type Fault = (world: PairingWorld, bytes: Uint8Array, seed: number) => readonly Uint8Array[];

const FAULTS: Readonly<Record<string, Fault>> = {
  lost: () => [],
  repeated: (_world, bytes) => [bytes, bytes],
  changed(_world, bytes, seed) {
    const random = seededRandom(seed);
    const changed = new Uint8Array(bytes);
    const at = random.int(bytes.length);
    changed[at] = (changed[at] as number) ^ (1 << random.int(8));
    return [changed];
  },
  cut: (_world, bytes) => [bytes.subarray(0, -1)],
  "last of the inviter's connection"(world, bytes) {
    world.relay.cut("Inviter");
    return [bytes];
  },
  "last of the joiner's connection"(world, bytes) {
    world.relay.cut("Joiner");
    return [bytes];
  },
  "lost with both connections"(world) {
    world.relay.cut("Inviter");
    world.relay.cut("Joiner");
    return [];
  },
};

const lists = ({ book }: PairingDevice, { device }: PairingDevice): boolean =>
  book.member(device.id) !== undefined;

/** Sizes that make the one, or the other, the admitter. */
const CIRCLES = [
  { inviter: 1, joiner: 1 },
  { inviter: 1, joiner: 2 },
] as const;

const start = async (seed: number, sizes: (typeof CIRCLES)[number]) => {
  const world = pairingWorld(seed, crypto);
  const inviter = await world.device("Inviter", { members: sizes.inviter });
  const joiner = await world.device("Joiner", { members: sizes.joiner });
  const [admitter, entrant] = sizes.joiner > sizes.inviter ? [joiner, inviter] : [inviter, joiner];
  return { world, inviter, joiner, admitter, entrant };
};

const framesOf = async (sizes: (typeof CIRCLES)[number]): Promise<number> => {
  const { world, inviter, joiner } = await start(1, sizes);
  let frames = 0;
  world.relay.pass = (bytes) => {
    frames += 1;
    return [bytes];
  };
  const invitation = world.invite(inviter);
  equal(await world.outcomes(invitation, world.join(joiner, invitation.text)), [
    "Joiner",
    "Inviter",
  ]);
  return frames;
};

const isWhole = async (
  entrant: PairingDevice,
  admitter: PairingDevice,
  before: string,
  where: string,
): Promise<void> => {
  const isUnchanged = (await keptIn(entrant.storage)) === before;
  const isMember = lists(entrant, entrant) && lists(entrant, admitter) && lists(admitter, entrant);
  expect(isUnchanged || isMember, where).toBe(true);
  expect(isUnchanged && lists(entrant, admitter), where).toBe(false);
};

describe.each(CIRCLES)("a pairing of $inviter with $joiner", (sizes) => {
  it.each(Object.keys(FAULTS))(
    "with any frame %s leaves nothing half done, and a second one heals",
    async (name) => {
      const frames = await framesOf(sizes);
      expect(frames).toBeGreaterThanOrEqual(9);
      for (let at = 0; at < frames; at += 1) {
        const where = `frame ${at} ${name}`;
        const { world, inviter, joiner, admitter, entrant } = await start(1, sizes);
        const before = await keptIn(entrant.storage);
        let frame = 0;
        world.relay.pass = (bytes) => {
          frame += 1;
          return frame - 1 === at ? (FAULTS[name] as Fault)(world, bytes, at) : [bytes];
        };
        const invitation = world.invite(inviter);
        const results = await world.outcomes(invitation, world.join(joiner, invitation.text));
        expect(frame, where).toBeGreaterThan(at);
        for (const [result, expected] of [
          [results[0] as string, "Joiner"],
          [results[1] as string, "Inviter"],
        ] as const) {
          expect([expected, ...CODES], where).toContain(result);
        }
        await isWhole(entrant, admitter, before, where);
        // Whoever says that it is done is right.
        if (results.includes("Joiner") || results.includes("Inviter"))
          expect(lists(entrant, admitter) && lists(admitter, entrant), where).toBe(true);
        world.relay.pass = (bytes) => [bytes];
        // Time for whatever was cut to come back.
        for (let second = 0; second < 5; second += 1) {
          world.clock.advance(1000);
          await world.settle();
        }
        equal(world.relay.held, 0, where);
        const [again, other] = at % 2 === 0 ? [inviter, joiner] : [joiner, inviter];
        const second = world.invite(again);
        const healed = await world.outcomes(second, world.join(other, second.text));
        equal(healed, [other.device.name, again.device.name], where);
        equal(inviter.book.headsHash, joiner.book.headsHash, where);
        expect(lists(entrant, admitter) && lists(admitter, entrant), where).toBe(true);
      }
    },
    120_000,
  );

  it("cancelled by either after any frame leaves nothing half done, and a second one heals", async () => {
    const frames = await framesOf(sizes);
    for (let at = 0; at < 2 * frames; at += 1) {
      const where = `frame ${at >> 1} by ${at % 2}`;
      const { world, inviter, joiner, admitter, entrant } = await start(1, sizes);
      const before = await keptIn(entrant.storage);
      let frame = 0;
      world.relay.pass = (bytes) => {
        frame += 1;
        if (frame - 1 === at >> 1) (at % 2 === 0 ? invitation : joining).cancel();
        return [bytes];
      };
      const invitation = world.invite(inviter);
      const joining = world.join(joiner, invitation.text);
      const results = await world.outcomes(invitation, joining);
      for (const result of results)
        expect(["Joiner", "Inviter", ...CODES], where).toContain(result);
      await isWhole(entrant, admitter, before, where);
      world.relay.pass = (bytes) => [bytes];
      const second = world.invite(inviter);
      const healed = await world.outcomes(second, world.join(joiner, second.text));
      equal(healed, ["Joiner", "Inviter"], where);
      equal(inviter.book.headsHash, joiner.book.headsHash, where);
    }
  }, 120_000);
});
