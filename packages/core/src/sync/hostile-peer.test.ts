import { describe, expect, it } from "vitest";
import { encode } from "cborg";
import { EMPTY_CONTEXT } from "../data/causal-context.ts";
import { EMPTY_DIGEST } from "../data/digest.ts";
import { HLC_ZERO } from "../data/hlc.ts";
import type { ReplicaId } from "../data/ids.ts";
import { encodeStamp } from "../data/stamp.ts";
import type { MasqError } from "../errors.ts";
import type { Row } from "../storage.ts";
import { announcementOf, sha256Device } from "../testing/sim/sim-announcements.ts";
import { settled } from "../testing/sim/timeline.ts";
import { MAPS, NOTES } from "../testing/storage-samples.ts";
import { contents, syncDevice, type SyncDevice } from "../testing/sync-ends.ts";
import { WINDOW } from "./limits.ts";
import { encodeMessage, type Offer, type Outgoing, type Snapshot } from "./messages.ts";
import { PeerSync } from "./peer-sync.ts";

const PEER = sha256Device("peer");
const THEIRS = "eeeeeeeeeeeeeee1" as ReplicaId;
const STRANGE = "eeeeeeeeeeeeeee2" as ReplicaId;

/** Its log has the peer as a member. */
const victim = async (): Promise<SyncDevice> => {
  const device = await syncDevice("victim", 5);
  await device.log.issue(PEER);
  return device;
};

const hello: Outgoing = {
  type: "hello",
  versions: [1, 1],
  features: 0,
  info: new Uint8Array(),
  logHeads: (await victim()).log.headsHash,
};
const snapshot = (vector: Snapshot["vector"] = new Map()): Snapshot => ({
  vector,
  digest: EMPTY_DIGEST,
  isClean: true,
});
const offer: Offer = {
  type: "offer",
  number: 0,
  namespace: MAPS,
  replica: THEIRS,
  announcements: [announcementOf(THEIRS, PEER)],
  snapshot: snapshot(),
};
const resume: Outgoing = { type: "resume", number: 0, progress: undefined };
const row = (change: Partial<Row> = {}): Row => ({
  key: "k",
  replica: THEIRS,
  counter: 1,
  arrival: 1,
  stamp: encodeStamp({ hlc: HLC_ZERO, index: 0, context: EMPTY_CONTEXT }),
  value: Uint8Array.of(1),
  ...change,
});
const seeing = (replica: ReplicaId, counter: number): Uint8Array =>
  encodeStamp({
    hlc: HLC_ZERO,
    index: 0,
    context: new Map([[replica, [[1, counter]]]]),
  });
const entries = (rows: readonly Row[], vector?: Snapshot["vector"]): Outgoing => ({
  type: "entries",
  number: 0,
  reached: 1,
  remaining: 0,
  commits: [rows],
  caughtUp: vector && snapshot(vector),
});
const ack = (change: Partial<Extract<Outgoing, { type: "ack" }>> = {}): Outgoing => ({
  type: "ack",
  number: 0,
  taken: 0,
  snapshot: snapshot(),
  others: new Map(),
  ...change,
});

interface Session {
  readonly device: SyncDevice;
  readonly own: ReplicaId;
  readonly errors: (MasqError | undefined)[];
  /** How often the device was asked to succeed itself. */
  readonly claims: { outruns: number };
  readonly say: (...messages: readonly (Outgoing | Uint8Array)[]) => Promise<void>;
  readonly flood: (messages: readonly Outgoing[]) => Promise<void>;
}

const session = async (): Promise<Session> => {
  const device = await victim();
  await device.replica.write([
    { key: "mine/1", value: Uint8Array.of(1) },
    { key: "mine/2", value: Uint8Array.of(2) },
  ]);
  const errors: (MasqError | undefined)[] = [];
  const claims = { outruns: 0 };
  const sync = new PeerSync(
    { send: () => true, close: () => {} },
    {
      clock: device.clock,
      hello: { features: 0, info: new Uint8Array() },
      log: device.log,
      peerDevice: PEER,
      namespaces: async () => [MAPS],
      shares: (namespace) => namespace === MAPS,
      open: (namespace) => device.open(namespace),
      outrun: () => (claims.outruns += 1),
      ended: (error) => errors.push(error),
    },
  );
  const say: Session["say"] = async (...messages) => {
    for (const message of messages) {
      sync.message(message instanceof Uint8Array ? message : encodeMessage(message));
      for (let turn = 0; turn < 4; turn += 1) await settled();
    }
  };
  const flood: Session["flood"] = async (messages) => {
    for (const message of messages) sync.message(encodeMessage(message));
    await settled();
  };
  return { device, own: device.replica.id, errors, claims, say, flood };
};

type Attack = (own: ReplicaId) => readonly (Outgoing | Uint8Array)[];

const ATTACKS: Readonly<Record<string, Attack>> = {
  "bytes that are no message": () => [hello, Uint8Array.of(1, 2, 3)],
  "a message of an unknown type": () => [hello, encode([99, 0])],
  "something before hello": () => [offer],
  "a second hello": () => [hello, hello],
  "a version nobody speaks": () => [{ ...hello, versions: [2, 3] }],
  "a namespace that was not offered": () => [hello, offer, { ...resume, number: 1 } as Outgoing],
  "data of a namespace we do not share": () => [
    hello,
    { ...offer, namespace: NOTES },
    { ...entries([row()]), number: 0 } as Outgoing,
  ],
  "a second offer of a namespace": () => [hello, offer, { ...offer, number: 1 }],
  "an offer under a number already given": () => [hello, offer, { ...offer, namespace: NOTES }],
  "the replica of another device": () => [
    hello,
    { ...offer, announcements: [announcementOf(THEIRS, sha256Device("other"))] },
  ],
  "an announcement nobody signed": () => [
    hello,
    {
      ...offer,
      announcements: [{ ...announcementOf(THEIRS, PEER), signature: new Uint8Array(64) }],
    },
  ],
  "a replica nobody announced, in an offer": () => [
    hello,
    { ...offer, snapshot: snapshot(new Map([[STRANGE, 1]])) },
  ],
  "a replica nobody announced, in a dot": () => [
    hello,
    offer,
    resume,
    entries([row({ replica: STRANGE })]),
  ],
  "a replica nobody announced, in a context": () => [
    hello,
    offer,
    resume,
    entries([row({ stamp: seeing(STRANGE, 1) })]),
  ],
  "a replica nobody announced, in an acknowledgement": () => [
    hello,
    offer,
    resume,
    ack({ others: new Map([[STRANGE, new Map()]]) }),
  ],
  "our own replica": (own) => [
    hello,
    { ...offer, replica: own, announcements: [announcementOf(own, PEER)] },
  ],
  "more of our writes than there are, in an offer": (own) => [
    hello,
    { ...offer, snapshot: snapshot(new Map([[own, 3]])) },
  ],
  "more of our writes than there are, when caught up": (own) => [
    hello,
    offer,
    resume,
    entries([], new Map([[own, 3]])),
  ],
  "more of our writes than there are, in an acknowledgement": (own) => [
    hello,
    offer,
    resume,
    ack({ snapshot: snapshot(new Map([[own, 3]])) }),
  ],
  "more of our writes than there are, as held by another": (own) => [
    hello,
    offer,
    resume,
    ack({ others: new Map([[THEIRS, new Map([[own, 3]])]]) }),
  ],
  "a version of ours that we did not write": (own) => [
    hello,
    offer,
    resume,
    entries([row({ replica: own, counter: 3 })]),
  ],
  "a context with a version of ours that we did not write": (own) => [
    hello,
    offer,
    resume,
    entries([row(), row({ key: "l", counter: 2, stamp: seeing(own, 3) })]),
  ],
  "a position we have not reached": () => [hello, offer, { ...resume, progress: 3 } as Outgoing],
  "a scan from a position we have not reached": () => [
    hello,
    offer,
    { ...resume, progress: { key: "a", start: 3 } } as Outgoing,
  ],
  "a second position": () => [hello, offer, resume, resume],
  "an acknowledgement of nothing": () => [hello, offer, ack({ taken: 5 })],
};

/** What a peer says as well when our disk was put back. */
const CLAIMS = Object.keys(ATTACKS).filter((name) => /of ours|of our writes|reached/.test(name));

describe("a hostile peer that sends", () => {
  it.each(Object.entries(ATTACKS))(
    "%s ends the session, and changes nothing",
    async (_, attack) => {
      const { device, own, errors, say } = await session();
      const before = [await contents(device), (await device.replica.state()).vector];
      await say(...attack(own));
      expect(errors.map((error) => error?.code)).toEqual(["MASQ_MESSAGE_INVALID"]);
      expect(errors[0]?.message, "goes to the log: nothing received").not.toMatch(
        /[0-9]|eee|example|[^ -~]/,
      );
      await say(hello, offer, entries([row()]));
      expect(errors.length, "once").toBe(1);
      expect([await contents(device), (await device.replica.state()).vector]).toEqual(before);
    },
  );

  it.each(CLAIMS)("%s is taken for one who knows what we have forgotten", async (name) => {
    const { own, claims, say } = await session();
    await say(...(ATTACKS[name] as Attack)(own));
    expect(claims.outruns).toBe(1);
  });

  it("more messages than the window allows is stopped", async () => {
    const { device, errors, say, flood } = await session();
    await say(hello, offer, resume);
    // All at once, before any of them can be durable.
    await flood(
      Array.from({ length: 3 * WINDOW }, (_, index) =>
        entries([row({ key: `k${index}`, counter: index + 1 })]),
      ),
    );
    expect(errors.map((error) => error?.code)).toEqual(["MASQ_MESSAGE_INVALID"]);
    expect((await contents(device)).length).toBe(2 + WINDOW);
  });

  it("more of a third replica's writes than there are is believed, and nothing held goes", async () => {
    const { device, errors, say } = await session();
    const announcements = [announcementOf(THEIRS, PEER), announcementOf(STRANGE, PEER)];
    const third = (counter: number): Row => row({ key: "third", replica: STRANGE, counter });
    await say(hello, { ...offer, announcements }, resume);
    await say(entries([third(1)], new Map([[STRANGE, 1]])));
    const before = await contents(device);
    await say(entries([], new Map([[STRANGE, 3]])), entries([third(2)]), entries([third(3)]));
    expect(errors).toEqual([]);
    expect(await contents(device)).toEqual(before);
    await say(entries([third(4)], new Map([[STRANGE, 4]])));
    expect((await contents(device)).length).toBe(before.length + 1);
  });

  it("what the protocol says is taken in", async () => {
    const { device, errors, say } = await session();
    await say(hello, offer, resume, entries([row()], new Map([[THEIRS, 1]])));
    expect(errors).toEqual([]);
    expect((await device.replica.get("k")).value).toEqual(Uint8Array.of(1));
    expect((await device.replica.state()).vector.get(THEIRS)).toBe(1);
  });
});
