import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MESSAGE_1_BYTES } from "../channel/handshake.ts";
import { rendezvousNow, type Rendezvous } from "../channel/rendezvous.ts";
import { noblePeerPrimitives as crypto } from "../crypto/noble-peer.ts";
import { RelayLink } from "../relay/relay-link.ts";
import type { RelaySlot } from "../relay/relay-slot.ts";
import { connectorWorld, type ConnectorWorld } from "../testing/connector-ends.ts";
import { equal } from "../testing/expect.ts";
import type { MemoryRelay } from "../testing/memory-relay.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { settled } from "../testing/sim/timeline.ts";

const MINUTE_MS = 60_000;
/** As many attempts as three slots may make that wait up to a minute each time, half of it on average, and those at the beginning. */
const MOST_ATTEMPTS_IN_AN_HOUR = 3 * 150;

const relayOf = ({ relays: [relay] }: ConnectorWorld): MemoryRelay => relay as MemoryRelay;

const passOn: MemoryRelay["onData"] = (bytes, _from, on) => on(bytes);

/** Each end sends numbered messages as long as it has a session; what was sent in which session is kept. */
const talk = async ({ ends }: ConnectorWorld, sent: Map<object, number[]>, turns: number) => {
  for (let turn = 0; turn < turns; turn += 1) {
    for (const { owners } of ends) {
      const owner = owners.at(-1);
      if (owner === undefined || owner.isClosed) continue;
      const numbers = sent.get(owner) ?? [];
      sent.set(owner, [...numbers, numbers.length]);
      owner.channel.send(Uint8Array.of(numbers.length));
      await settled();
    }
  }
};

const requireRecovery = async (world: ConnectorWorld): Promise<void> => {
  relayOf(world).onData = passOn;
  await world.pass(3 * MINUTE_MS);
  for (const [from, to] of [world.ends, world.ends.toReversed()] as (typeof world.ends)[]) {
    from.owner.channel.send(Uint8Array.of(99));
    await settled();
    equal(to.owner.messages.at(-1), Uint8Array.of(99), `from the ${from.name}`);
  }
};

/** Every session got the beginning of what was sent in it, each message once and in order, and nothing else. */
const requirePrefixes = ({ ends }: ConnectorWorld): void => {
  for (const { owners } of ends) {
    for (const { messages } of owners)
      equal(
        messages.map(([number]) => number),
        messages.map((_, index) => index),
      );
  }
};

type Fault = "flip" | "drop" | "repeat" | "swap" | "cut off" | "lengthen";

/** Does one thing to one frame; true once it has been done. */
const faulty = (
  relay: MemoryRelay,
  fault: Fault,
  place: number,
  position: number,
): { isDone: boolean } => {
  const state = { isDone: false };
  let frames = 0;
  let held: { readonly from: string; readonly on: () => void } | undefined;
  relay.onData = (bytes, from, on) => {
    if (frames++ !== place) {
      on(bytes);
      if (held?.from !== from) return;
      held.on();
      held = undefined;
      return;
    }
    state.isDone = true;
    const at = Math.floor(position * bytes.length);
    switch (fault) {
      case "flip": {
        const changed = bytes.slice();
        changed[at] =
          (changed[at] as number) ^ (1 << Math.floor((position * bytes.length * 8) % 8));
        return on(changed);
      }
      case "drop":
        return;
      case "repeat":
        on(bytes);
        return on(bytes);
      case "swap":
        held = { from, on: () => on(bytes) };
        return;
      case "cut off":
        return on(bytes.slice(0, Math.max(1, at)));
      case "lengthen":
        return on(Uint8Array.from([...bytes, 0]));
    }
  };
  return state;
};

const requireNoHarm = async (fault: Fault, place: number, position: number): Promise<void> => {
  const world = await connectorWorld({ seed: 7 });
  const { initiator } = world;
  const relay = relayOf(world);
  const before = { sessions: initiator.owners.length, work: initiator.work.kem };
  // After this the first frame is message 1 of the next handshake.
  relay.cut();
  const state = faulty(relay, fault, place, position);
  await world.pass(2000, 500);
  const sent = new Map<object, number[]>();
  await talk(world, sent, 6);
  // The longest wait is that for a handshake of which something was lost.
  await world.pass(12_000);
  await talk(world, sent, 4);
  equal(state.isDone, true, "the fault was made");
  requirePrefixes(world);
  await requireRecovery(world);
  for (const { owners } of world.ends) {
    const [last, ...older] = owners.toReversed();
    equal(last?.isClosed, false);
    for (const owner of older) equal(owner.isClosed, true);
  }
  expect(initiator.work.kem).toBeGreaterThanOrEqual(before.work + 2);
  // Message 2 was right, so a session stood, and is over.
  if (place >= 2) expect(initiator.owners.length).toBeGreaterThanOrEqual(before.sessions + 2);
  await world.close();
};

describe("a relay that changes what it passes on", () => {
  const faults: readonly Fault[] = ["flip", "drop", "repeat", "swap", "cut off", "lengthen"];

  it("does no more than end a session, whatever it does to which frame", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...faults),
        fc.integer({ min: 0, max: 8 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        requireNoHarm,
      ),
      { numRuns: 30 },
    );
  }, 60_000);

  it.each(faults)(
    "and in each of the first frames: %s",
    async (fault) => {
      for (const place of [0, 1, 2, 3]) await requireNoHarm(fault, place, 0.5);
    },
    60_000,
  );
});

describe("a relay that repeats what it has heard", () => {
  it("opens nothing with the frames of an earlier session", async () => {
    const world = await connectorWorld();
    const relay = relayOf(world);
    const recorded = { initiator: [] as Uint8Array[], responder: [] as Uint8Array[] };
    relay.cut();
    relay.onData = (bytes, from, on) => {
      recorded[from as "initiator"].push(bytes.slice());
      on(bytes);
    };
    await world.pass(2000, 500);
    await talk(world, new Map(), 5);
    const before = world.ends.map(({ owners, work }) => ({ owners: owners.length, ...work }));
    relay.onData = (bytes, from, on) => {
      if (from === "responder") return on(bytes);
      // Message 1 can be repeated, and is answered; what follows from it cannot.
      for (const frame of recorded.initiator.slice(0, 2)) on(frame);
    };
    relay.cut();
    await world.pass(MINUTE_MS, 500);
    expect(world.responder.work.kem).toBeGreaterThan(before[1]?.kem as number);
    equal(world.responder.owners.length, before[1]?.owners);
    let next = 0;
    relay.onData = (bytes, from, on) => {
      if (from === "initiator") return on(bytes);
      on(recorded.responder[next++ % recorded.responder.length] as Uint8Array);
    };
    await world.pass(MINUTE_MS, 500);
    expect(next).toBeGreaterThan(0);
    equal(world.initiator.owners.length, before[0]?.owners);
    await requireRecovery(world);
    await world.close();
  });

  it("is not taken for the other device when it sends frames back", async () => {
    const world = await connectorWorld();
    const relay = relayOf(world);
    const before = world.ends.map(({ owners }) => owners.length);
    relay.onData = (bytes, _from, _on, back) => back(bytes);
    relay.cut();
    await world.pass(MINUTE_MS);
    equal(
      world.ends.map(({ owners }) => owners.length),
      before,
    );
    relay.onData = passOn;
    await world.pass(MINUTE_MS);
    const counts = world.ends.map(({ owners }) => owners.length);
    // Within a session, too.
    relay.onData = (bytes, _from, on, back) => {
      back(bytes);
      on(bytes);
    };
    await talk(world, new Map(), 1);
    for (const [side, { owners }] of world.ends.entries())
      equal(owners[(counts[side] as number) - 1]?.isClosed, true);
    requirePrefixes(world);
    await requireRecovery(world);
    await world.close();
  });
});

/** A link of somebody who knows the rendezvous. */
const hostileLink = (world: ConnectorWorld, name: string): RelayLink => {
  const random = seededRandom(4);
  return new RelayLink({
    host: { clock: world.initiator.clock, random: (length) => random.bytes(length) },
    openSocket: relayOf(world).openSocket(name),
    url: "ws://127.0.0.1:1/",
  });
};

describe("a peer that only costs", () => {
  it.each([
    ["swallows everything", 60, () => {}],
    ["answers with rubbish", 60, (bytes, _from, on) => on(bytes.slice().fill(7))],
    [
      "lets no first record through",
      15,
      (bytes, from, on) => {
        if (from === "responder" || bytes.length === MESSAGE_1_BYTES) on(bytes);
      },
    ],
  ] as [string, number, MemoryRelay["onData"]][])(
    "is given little of the time: %s, for %i minutes",
    async (_, minutes, onData) => {
      const world = await connectorWorld();
      await world.pass(12_000);
      const relay = relayOf(world);
      relay.onData = onData;
      relay.cut();
      const before = world.ends.map(({ work }) => work.kem);
      await world.pass(minutes * MINUTE_MS, 500);
      const attempts = world.ends.map(({ work }, side) => work.kem - (before[side] as number));
      expect(Math.max(...attempts)).toBeGreaterThan(20);
      // The first ones come faster.
      expect(Math.max(...attempts)).toBeLessThan((MOST_ATTEMPTS_IN_AN_HOUR * minutes) / 60 + 20);
      await requireRecovery(world);
      await world.close();
    },
    60_000,
  );

  it.each(["up again", "up again in another connection"])(
    "is given little when it leaves in the middle of the handshake and is at once %s",
    async (how) => {
      const world = await connectorWorld();
      world.responder.connector.close();
      for (const link of world.responder.links) link.close();
      const relay = relayOf(world);
      const before = world.initiator.work.kem;
      let came = 0;
      let current = hostileLink(world, "fickle");
      const listen = (link: RelayLink, rendezvous: Rendezvous): void => {
        const slot: RelaySlot = link.listen(rendezvous, {
          up: () => {},
          down: () => {},
          data: () => {
            came += 1;
            if (how === "up again") {
              slot.unlisten();
              return listen(link, rendezvous);
            }
            // Takes its own place, so that the relay says "replaced".
            current = hostileLink(world, "fickle");
            meet();
          },
          writable: () => {},
        });
      };
      const meet = (): void => {
        const { unixSeconds } = relay;
        for (const one of rendezvousNow(crypto, world.root, "responder", "relay 0", unixSeconds))
          listen(current, one);
      };
      meet();
      await world.pass(10 * MINUTE_MS, 500);
      expect(came).toBeGreaterThan(10);
      expect(world.initiator.work.kem - before).toBeLessThan(MOST_ATTEMPTS_IN_AN_HOUR / 4);
      current.close();
      await world.close();
    },
    60_000,
  );

  it("does not make the responder work more by sending more at once", async () => {
    const world = await connectorWorld();
    world.initiator.connector.close();
    for (const link of world.initiator.links) link.close();
    await settled();
    const relay = relayOf(world);
    const random = seededRandom(4);
    const link = hostileLink(world, "flood");
    const before = world.responder.work.kem;
    let sent = 0;
    const rooms = rendezvousNow(crypto, world.root, "initiator", "relay 0", relay.unixSeconds);
    const slots = rooms.map((rendezvous): RelaySlot => {
      const slot: RelaySlot = link.listen(rendezvous, {
        up: () => {
          for (let frame = 0; frame < 50; frame += 1) {
            slot.send(random.bytes(MESSAGE_1_BYTES));
            sent += 1;
          }
        },
        down: () => {},
        data: () => {},
        writable: () => {},
      });
      return slot;
    });
    await settled();
    await world.pass(10 * MINUTE_MS, 2000);
    expect(sent).toBeGreaterThan(20 * 50);
    expect(sent).toBeLessThan((MOST_ATTEMPTS_IN_AN_HOUR / 4) * 50);
    equal(world.responder.work.kem, before, "no frame got past the first check");
    equal(world.responder.connector.status, "apart");
    for (const slot of slots) slot.unlisten();
    link.close();
    await world.close();
  });
});
