import { concatBytes } from "../bytes/bytes.ts";
import { describe, expect, it } from "vitest";
import type { MasqError } from "../errors.ts";
import { sha256Device } from "../testing/sim/sim-announcements.ts";
import type { SimLog } from "../testing/sim/sim-log.ts";
import { settled } from "../testing/sim/timeline.ts";
import {
  connect,
  contents,
  syncDevice,
  type Connection,
  type SyncDevice,
} from "../testing/sync-ends.ts";
import { decodeBundle } from "./decode.ts";
import { MAX_LOG_OPERATION_BYTES, MAX_LOG_OPERATIONS, MAX_WAITING_BYTES } from "./limits.ts";
import type { SharedLog } from "./log-exchange.ts";
import {
  encodeMessage,
  SIGNATURE_BYTES,
  type Log,
  type Outgoing,
  type SignedItem,
} from "./messages.ts";
import { PeerSync } from "./peer-sync.ts";

const put = (key: string, number: number) => ({ key, value: Uint8Array.of(number) });

/** `from:type` of all messages, in the order they were sent. */
const trace = ({ sent }: Connection): string[] =>
  sent.map(({ from, message }) => `${from}:${message.type}`);

/** Operations that travelled from a device. */
const operationsFrom = ({ sent }: Connection, name: string): number =>
  sent.reduce(
    (sum, { from, message }) =>
      sum + (from === name && message.type === "log" ? message.items.length : 0),
    0,
  );

const speak = async ({ id, log }: SyncDevice, times: number): Promise<void> => {
  for (let time = 0; time < times; time += 1) await log.issue(id);
};

describe("the device log of two devices", () => {
  it("that is the same is not sent", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    await ends[0].log.add(ends[1].log.operations);
    await ends[1].log.add(ends[0].log.operations);
    const connection = connect(ends);
    await connection.quiet();
    expect(connection.errors).toEqual([]);
    expect(trace(connection)).not.toContain("a:log");
    expect(trace(connection)).not.toContain("b:log");
    expect(trace(connection)).toContain("a:resume");
  });

  it("that differs is sent without waiting for anything", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    await speak(ends[0], 1);
    const connection = connect(ends);
    await connection.quiet();
    expect(trace(connection).slice(0, 4)).toEqual(["a:hello", "b:hello", "b:log", "a:log"]);
  });

  it("becomes the same, however large, before anything is offered", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    await speak(ends[0], 40);
    await speak(ends[1], 3);
    await ends[0].replica.write([put("k", 1)]);
    const connection = connect(ends);
    await connection.quiet();
    expect(connection.errors).toEqual([]);
    expect(ends[0].log.headsHash).toEqual(ends[1].log.headsHash);
    expect(await contents(ends[0])).toEqual(await contents(ends[1]));
    const order = trace(connection);
    for (const [own, other] of ["ab", "ba"]) {
      // Whoever offers has the peer's log.
      expect(order.indexOf(`${own}:offer`)).toBeGreaterThan(order.lastIndexOf(`${other}:log`));
    }
  });

  it("is exchanged anew after a cut at any message", async () => {
    for (let cutAfter = 1; cutAfter < 8; cutAfter += 1) {
      const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
      await speak(ends[0], 2);
      const cut = connect(ends, { cutAfter });
      await cut.quiet();
      const again = connect(ends);
      await again.quiet();
      expect(again.errors).toEqual([]);
      expect(ends[0].log.headsHash).toEqual(ends[1].log.headsHash);
    }
  });

  it("is durable before the peer's offer is taken up", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = over(ends[0].log, { add: (items) => held.then(() => ends[0].log.add(items)) });
    const connection = connect([{ ...ends[0], log: slow }, ends[1]]);
    await connection.quiet();
    expect(trace(connection)).toContain("b:offer");
    expect(trace(connection)).not.toContain("a:offer");
    expect(trace(connection)).not.toContain("a:resume");
    release();
    await connection.quiet();
    expect(connection.errors).toEqual([]);
    expect(trace(connection)).toContain("a:resume");
  });
});

describe("an operation that becomes known", () => {
  it("spreads over three devices in a line at once, and never back", async () => {
    const [a, b, c] = [
      await syncDevice("a", 1),
      await syncDevice("b", 2),
      await syncDevice("c", 3),
    ];
    const links = [connect([a, b]), connect([b, c])] as const;
    const quiet = async (): Promise<void> => {
      for (let round = 0; round < 3; round += 1) for (const link of links) await link.quiet();
    };
    await quiet();
    expect(c.log.headsHash).toEqual(a.log.headsHash);
    const before = [
      operationsFrom(links[0], "a"),
      operationsFrom(links[0], "b"),
      operationsFrom(links[1], "b"),
      operationsFrom(links[1], "c"),
    ];
    await a.log.issue(sha256Device("new"));
    await quiet();
    expect(c.log.isMember(sha256Device("new"))).toBe(true);
    const after = [
      operationsFrom(links[0], "a"),
      operationsFrom(links[0], "b"),
      operationsFrom(links[1], "b"),
      operationsFrom(links[1], "c"),
    ];
    expect(after.map((count, place) => count - (before[place] as number))).toEqual([1, 0, 1, 0]);
    for (const { errors } of links) expect(errors).toEqual([]);
  });

  it("between the hellos of two equal logs is sent too", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    await ends[0].log.add(ends[1].log.operations);
    await ends[1].log.add(ends[0].log.operations);
    const connection = connect(ends);
    await speak(ends[0], 1);
    await connection.quiet();
    expect(connection.errors).toEqual([]);
    expect(ends[1].log.headsHash).toEqual(ends[0].log.headsHash);
    expect(operationsFrom(connection, "a")).toBe(1);
  });

  it("is there before the announcement of the device it adds", async () => {
    const [a, b, c] = [
      await syncDevice("a", 1),
      await syncDevice("b", 2),
      await syncDevice("c", 3),
    ];
    const link = connect([a, b]);
    await link.quiet();
    // b meets c for the first time, whose replica a hears of through b.
    await c.replica.write([put("from/c", 1)]);
    const other = connect([b, c]);
    for (let round = 0; round < 3; round += 1) {
      await other.quiet();
      await link.quiet();
    }
    expect([link.errors, other.errors]).toEqual([[], []]);
    expect((await a.replica.get("from/c")).value).toEqual(Uint8Array.of(1));
  });
});

/** The same log with some of it done otherwise. */
const over = (log: SharedLog, change: Partial<SharedLog>): SimLog =>
  ({
    get headsHash() {
      return log.headsHash;
    },
    get operations() {
      return log.operations;
    },
    add: (items: readonly SignedItem[]) => log.add(items),
    onAdded: (listener: (items: readonly SignedItem[]) => void) => log.onAdded(listener),
    ...change,
  }) as SimLog;

const item = (index: number, length = MAX_LOG_OPERATION_BYTES): SignedItem => {
  const signature = new Uint8Array(SIGNATURE_BYTES);
  new DataView(signature.buffer).setUint32(0, index);
  return [new Uint8Array(length), signature];
};

/** So many operations of the greatest size; takes whatever comes. */
const bigLog = (count: number, add: SharedLog["add"] = async () => {}): SharedLog => ({
  headsHash: new Uint8Array(32),
  operations: Array.from({ length: count }, (_, index) => item(index)),
  add,
  onAdded: () => () => {},
});

describe("a peer spoken for by the test", () => {
  interface Victim {
    readonly codes: () => readonly (string | undefined)[];
    readonly say: (...messages: readonly Outgoing[]) => Promise<void>;
    /** The same in one bundle. */
    readonly sayTogether: (...messages: readonly Outgoing[]) => Promise<void>;
    readonly added: readonly SignedItem[];
    readonly sent: readonly Uint8Array[];
    readonly writable: () => Promise<void>;
  }

  const victim = (log: (added: SignedItem[]) => SharedLog, hasRoom = true): Victim => {
    const added: SignedItem[] = [];
    const sent: Uint8Array[] = [];
    const errors: (MasqError | undefined)[] = [];
    const send = (message: Uint8Array): boolean => {
      sent.push(message);
      return hasRoom;
    };
    const sync = new PeerSync(
      { send, close: () => {} },
      {
        clock: { now: () => 0, monotonic: () => 0, setTimer: () => () => {} },
        hello: { features: 0, info: new Uint8Array() },
        log: log(added),
        peerDevice: sha256Device("peer"),
        namespaces: async () => [],
        shares: () => false,
        open: () => Promise.reject(new Error("nothing is shared")),
        ended: (error) => errors.push(error),
      },
    );
    const take = async (...bundles: readonly Uint8Array[]): Promise<void> => {
      for (const bundle of bundles) sync.message(bundle);
      for (let turn = 0; turn < 4; turn += 1) await settled();
    };
    const say: Victim["say"] = (...messages) => take(...messages.map(encodeMessage));
    const sayTogether: Victim["sayTogether"] = (...messages) =>
      take(concatBytes(...messages.map(encodeMessage)));
    const writable: Victim["writable"] = async () => {
      sync.writable();
      await settled();
    };
    const codes = () => errors.map((error) => error?.code);
    return { codes, say, sayTogether, added, sent, writable };
  };

  const taking = (added: SignedItem[]): SharedLog =>
    bigLog(1, async (items) => {
      added.push(...items);
    });
  const never = (): SharedLog => bigLog(1, () => new Promise(() => {}));

  const hello = (logHeads: Uint8Array): Outgoing => ({
    type: "hello",
    versions: [1, 1],
    features: 0,
    info: new Uint8Array(),
    logHeads,
  });
  const OTHER = hello(new Uint8Array(32).fill(1));
  const SAME = hello(new Uint8Array(32));
  const log = (count: number, isLast: boolean, from = 0, length = 10): Outgoing => ({
    type: "log",
    items: Array.from({ length: count }, (_, index) => item(from + index, length)),
    isLast,
  });
  const resume: Outgoing = { type: "resume", number: 0, progress: undefined };
  const INVALID = ["MASQ_MESSAGE_INVALID"];

  it("is sent a large log in parts as there is room, and may not offer before the last of them", async () => {
    const all = 1200;
    const { codes, say, sent, writable } = victim(() => bigLog(all), false);
    await say(OTHER, log(1, true));
    const sizes: number[] = [];
    for (let room = 1; sizes.reduce((sum, size) => sum + size, 0) < all; room += 1) {
      expect(sent.length, "nothing without room").toBe(room);
      await writable();
      const [part] = decodeBundle(sent[room] as Uint8Array) as [Log];
      sizes.push(part.items.length);
      expect(part.isLast).toBe(sizes.length === 3);
    }
    expect([sizes.length, codes()]).toEqual([3, []]);
    const early = victim(() => bigLog(all), false);
    await early.say(OTHER, log(1, true));
    await early.writable();
    await early.say(resume);
    expect(early.codes()).toEqual(INVALID);
  });

  it("that offers before its log has come is stopped", async () => {
    for (const first of [[OTHER], [OTHER, log(1, false)]]) {
      const { codes, say } = victim(taking);
      await say(...first, resume);
      expect(codes()).toEqual(INVALID);
    }
  });

  it("is not heard further in a bundle before the log in it is durable", async () => {
    const held = victim(never);
    await held.sayTogether(OTHER, log(1, true), resume);
    expect(held.codes()).toEqual([]);
    const { codes, sayTogether, added } = victim(taking);
    await sayTogether(OTHER, log(1, false), log(1, true, 1), resume);
    expect([codes(), added.length]).toEqual([INVALID, 2]);
  });

  it("that sends its log before hello is stopped", async () => {
    const { codes, say, added } = victim(taking);
    await say(log(1, true));
    expect([codes(), added]).toEqual([INVALID, []]);
  });

  it("whose operation does not count is stopped, and nothing behind it is taken", async () => {
    const device = await syncDevice("a", 1);
    const before = device.log.headsHash;
    const { codes, say } = victim(() => device.log);
    await say(OTHER, log(1, true), log(1, true, 1));
    expect(codes()).toEqual(INVALID);
    expect(device.log.headsHash).toEqual(before);
  });

  it("that sends too many operations is stopped, in one series or for ever", async () => {
    const half = MAX_LOG_OPERATIONS / 2;
    for (const first of [OTHER, SAME]) {
      const { codes, say, added } = victim(taking);
      const isLast = first === SAME;
      await say(first, log(half, isLast), log(half, true, half));
      expect(codes()).toEqual([]);
      await say(log(1, true, MAX_LOG_OPERATIONS));
      expect([codes(), added.length]).toEqual([INVALID, MAX_LOG_OPERATIONS]);
    }
  });

  it("that sends a series without an end, or with nothing in it, is stopped", async () => {
    for (const messages of [
      [OTHER, log(0, false)],
      [OTHER, log(1, true), log(0, true)],
      [OTHER, log(1, true), log(1, false, 1)],
      [SAME, log(0, true)],
      [SAME, log(1, false)],
    ]) {
      const { codes, say } = victim(taking);
      await say(...messages);
      expect(codes()).toEqual(INVALID);
    }
  });

  it("cannot fill the memory behind an operation that is being stored", async () => {
    const { codes, say } = victim(never);
    const size = 400 * MAX_LOG_OPERATION_BYTES;
    await say(OTHER);
    let sent = 0;
    while (codes().length === 0 && sent <= 2 * MAX_WAITING_BYTES) {
      await say(log(400, false, sent, MAX_LOG_OPERATION_BYTES));
      sent += size;
    }
    expect(codes()).toEqual(INVALID);
    expect(sent).toBeGreaterThan(MAX_WAITING_BYTES);
    expect(sent).toBeLessThan(MAX_WAITING_BYTES + 3 * size);
  });
});
