import { describe, expect, it } from "vitest";
import { dominates } from "../data/version-vector.ts";
import type { NamespaceId } from "../data/ids.ts";
import { memoryStorage } from "../memory-storage.ts";
import { noblePrimitives } from "../crypto/noble.ts";
import { updateDigest } from "../data/digest.ts";
import type { Row } from "../storage.ts";
import { MAPS, NOTES } from "../testing/storage-samples.ts";
import {
  connect,
  contents,
  rowsIn,
  syncDevice,
  type Connection,
  type SyncDevice,
} from "../testing/sync-ends.ts";

const value = (number: number): Uint8Array => Uint8Array.of(0x19, number >> 8, number & 0xff);
const put = (key: string, number: number) => ({ key, value: value(number) });

const fill = async ({ replica }: SyncDevice, prefix: string, count: number): Promise<void> => {
  for (let start = 0; start < count; start += 500) {
    const part = Array.from({ length: Math.min(500, count - start) }, (_, index) => start + index);
    await replica.write(part.map((number) => put(`${prefix}/${number}`, number)));
  }
};

const rowsSent = ({ sent }: Connection): number => sent.reduce((sum, one) => sum + rowsIn(one), 0);

const isVerified = ({ syncs }: Connection, namespace: NamespaceId = MAPS): boolean =>
  syncs.every((sync) => sync.status().get(namespace)?.verifiedSince !== undefined);

const SMALL = { page: { limit: 7, bytes: 100_000 }, messageBytes: 150, bundleBytes: 1 };

describe("two devices", () => {
  it("send each entry once when they first meet, and verify", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    await fill(ends[0], "a", 1700);
    await fill(ends[1], "b", 900);
    const connection = connect(ends);
    await connection.quiet();
    expect(connection.errors).toEqual([]);
    expect(rowsSent(connection)).toBe(2600);
    expect(await contents(ends[0])).toEqual(await contents(ends[1]));
    expect(isVerified(connection)).toBe(true);
    expect(connection.syncs.map((sync) => sync.status().get(MAPS)?.toSend)).toEqual([0, 0]);
  });

  it("have one change over in three messages each", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    for (const end of ends) await fill(end, end.name, 3);
    const first = connect(ends);
    await first.quiet();
    first.cut();
    await first.quiet();
    await fill(ends[0], "late", 1);
    const again = connect(ends);
    await again.quiet();
    const bundles = [...new Set(again.sent.map(({ bytes }) => bytes))].map((bundle) =>
      again.sent
        .filter(({ bytes }) => bytes === bundle)
        .map(({ from, message }) => `${from} ${message.type}`),
    );
    expect(bundles).toEqual([
      ["a hello"],
      ["b hello", "b offer"],
      ["a offer", "a resume", "a ack"],
      ["b resume", "b ack"],
      ["a entries"],
      ["b ack"],
    ]);
    expect(isVerified(again)).toBe(true);
  });

  it("say nothing more once they agree", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    await fill(ends[0], "a", 10);
    const first = connect(ends);
    await first.quiet();
    first.cut();
    await first.quiet();
    const again = connect(ends);
    await again.quiet();
    expect(again.sent.map(({ message }) => message.type).toSorted()).toEqual(
      ["hello", "hello", "offer", "offer", "resume", "resume", "ack", "ack"].toSorted(),
    );
    expect(isVerified(again)).toBe(true);
  });

  it("after a reconnect read what has changed, not what is there", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    await fill(ends[0], "a", 3000);
    const first = connect(ends);
    await first.quiet();
    first.cut();
    await first.quiet();
    await ends[1].replica.write([put("a/7", 1)]);
    for (const { reads } of ends) reads.rows = 0;
    const again = connect(ends);
    await again.quiet();
    expect(rowsSent(again)).toBe(1);
    expect(isVerified(again)).toBe(true);
    for (const { reads } of ends) expect(reads.rows).toBeLessThan(10);
  });

  it("pass commits on as they happen, those of one turn in one message", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    const connection = connect(ends);
    await connection.quiet();
    const before = connection.sent.length;
    ends[0].reads.rows = 0;
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => ends[0].replica.write([put(`k${index}`, index)])),
    );
    await connection.quiet();
    expect(connection.sent.slice(before).map(({ message }) => message.type)).toEqual([
      "entries",
      "ack",
    ]);
    expect(ends[0].reads.rows, "nothing was read").toBe(0);
    expect(await contents(ends[1])).toEqual(await contents(ends[0]));
  });

  it("keep a batch one commit for those who watch it", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    const connection = connect(ends);
    await connection.quiet();
    const commits: string[][] = [];
    ends[1].replica.onCommit(({ shown }) => commits.push(shown.map(({ key }) => key)));
    await Promise.all([
      ends[0].replica.write([put("x", 1), put("y", 1), put("z", 1)]),
      ends[0].replica.write([put("y", 2), put("w", 2)]),
    ]);
    await connection.quiet();
    expect(commits).toEqual([
      ["x", "y", "z"],
      ["y", "w"],
    ]);
  });

  it("pass the largest batch on as one commit", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    const connection = connect(ends);
    await connection.quiet();
    const sizes: number[] = [];
    ends[1].replica.onCommit(({ rows }) => sizes.push(rows.length));
    const large = new Uint8Array(4180);
    await ends[0].replica.write(
      Array.from({ length: 1000 }, (_, index) => ({ key: `large/${index}`, value: large })),
    );
    await connection.quiet();
    expect([connection.errors, sizes]).toEqual([[], [1000]]);
  });

  it.each([
    ["a first synchronisation", 0],
    ["a stream", 60],
  ])(
    "resume %s after a cut at any message",
    async (_, known) => {
      for (let cutAfter = 3; ; cutAfter += 1) {
        const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
        await fill(ends[0], "known", known);
        if (known > 0) {
          const first = connect(ends);
          await first.quiet();
          first.cut();
          await first.quiet();
        }
        for (let index = 0; index < 90; index += 3) {
          const batch = [0, 1, 2].map((add) => put(`k/${((index + add) * 7) % 90}`, index));
          await ends[0].replica.write(batch);
        }
        await ends[0].replica.write([{ key: "k/3", value: null }]);
        const cut = connect(ends, { cutAfter, portions: SMALL });
        await cut.quiet();
        const isWhole = cut.sent.length <= cutAfter;
        const taken = (await contents(ends[1])).length;
        const connection = isWhole ? cut : connect(ends, { portions: SMALL });
        await connection.quiet();
        expect(await contents(ends[1])).toEqual(await contents(ends[0]));
        expect(isVerified(connection), `after a cut at ${cutAfter}`).toBe(true);
        // What was durable is not sent again.
        if (!isWhole) expect(rowsSent(connection)).toBeLessThanOrEqual(90 + known - taken + 1);
        if (isWhole) break;
      }
    },
    30_000,
  );

  it("go on when one of them was restarted from its disk", async () => {
    const disk = memoryStorage();
    const a = await syncDevice("a", 1);
    const before = await syncDevice("b", 2, disk);
    await fill(a, "a", 40);
    const first = connect([a, before]);
    await first.quiet();
    first.cut();
    await first.quiet();
    await a.replica.write([put("a/1", 5)]);
    const after = await syncDevice("b", 3, disk);
    const again = connect([a, after]);
    await again.quiet();
    expect(rowsSent(again)).toBe(1);
    expect(await contents(after)).toEqual(await contents(a));
  });

  it("share the channel fairly between namespaces, one message of each at a time", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    for (const namespace of [MAPS, NOTES]) {
      const { replica } = await ends[0].open(namespace);
      for (let index = 0; index < 40; index += 1) await replica.write([put(`k${index}`, index)]);
    }
    const namespaces = [MAPS, NOTES];
    const connection = connect(ends, { namespaces, portions: SMALL, room: 1 });
    await connection.quiet();
    expect(namespaces.every((namespace) => isVerified(connection, namespace))).toBe(true);
    const turns = connection.sent.flatMap(({ message }) =>
      message.type === "scan" ? [message.number] : [],
    );
    const runs = turns.filter((number, index) => number !== turns[index - 1]).length;
    expect(runs, `${turns.join(" ")}`).toBeGreaterThan(turns.length * 0.6);
  });
});

describe("three devices of which two never meet", () => {
  const meet = async (...ends: [SyncDevice, SyncDevice]): Promise<Connection> => {
    const connection = connect(ends);
    await connection.quiet();
    expect(connection.errors).toEqual([]);
    connection.cut();
    await connection.quiet();
    return connection;
  };

  it("agree through the third, and learn what each other holds", async () => {
    const home = await syncDevice("home", 1);
    const phone = await syncDevice("phone", 2);
    const work = await syncDevice("work", 3);
    await home.replica.write([put("from/home", 1), put("both", 1)]);
    await work.replica.write([put("from/work", 1), put("both", 2)]);
    await meet(home, phone);
    await meet(phone, work);
    await meet(home, phone);
    expect(await contents(work)).toEqual(await contents(home));
    expect((await home.replica.conflicts("both")).length).toBe(2);
    await home.replica.write([{ key: "from/work", value: null }]);
    await meet(home, phone);
    await meet(phone, work);
    expect((await work.replica.get("from/work")).value).toBeNull();
    const { vector } = await home.replica.state();
    await meet(home, phone);
    const known = (await home.open(MAPS)).acknowledged().get(work.replica.id);
    expect(known !== undefined && dominates(known, vector), "work has all of it").toBe(true);
  });

  it("keep what nobody has seen, though a stream brought only what was written after it", async () => {
    const [q, r, t] = await Promise.all(["q", "r", "t"].map((name, at) => syncDevice(name, at)));
    if (q === undefined || r === undefined || t === undefined) throw new Error("three devices");
    await t.replica.write([put("other", 1)]);
    await meet(r, t);
    // Two apps that do not look.
    const { versions } = await q.replica.write([put("k", 1)]);
    await q.replica.write([{ ...put("k", 2), seen: "" }]);
    await meet(q, t);
    await t.replica.write([{ ...put("k", 3), seen: versions[0] }]);
    const valuesAt = async ({ replica }: SyncDevice): Promise<number[]> =>
      (await replica.conflicts("k"))
        .map((sibling) => sibling.value?.[2] ?? 0)
        .toSorted((a, b) => a - b);
    expect(await valuesAt(t)).toEqual([2, 3]);
    for (let cutAfter = 1; (await valuesAt(r)).length === 0; cutAfter += 1) {
      const connection = connect([r, t], { cutAfter, portions: { ...SMALL, messageBytes: 1 } });
      await connection.quiet();
    }
    expect(await valuesAt(r), "the stream was cut in between").toEqual([2]);
    await r.replica.write([put("k", 4)]);
    // t is lost.
    await meet(q, r);
    expect(await valuesAt(q)).toEqual([1, 4]);
    expect(await valuesAt(r)).toEqual([1, 4]);
  });
});

describe("repair", () => {
  /** Two devices that agree, of which one is then damaged behind its own back. */
  const damaged = async (
    damage: (rows: readonly Row[]) => { remove: Row[]; add: Row[] },
  ): Promise<{ ends: readonly [SyncDevice, SyncDevice]; connection: Connection }> => {
    const disk = memoryStorage();
    const a = await syncDevice("a", 1);
    const before = await syncDevice("b", 2, disk);
    await fill(a, "a", 30);
    await a.replica.write([{ key: "a/29", value: null }]);
    await before.replica.write([put("b", 1)]);
    const first = connect([a, before]);
    await first.quiet();
    expect(isVerified(first)).toBe(true);
    first.cut();
    await first.quiet();
    // The digest of a damaged disk is that of what is there, once it is counted again.
    const rows = await disk.arrivals(MAPS, 0, Infinity, Infinity);
    const { remove, add } = damage(rows);
    await disk.update(MAPS, {}, ({ state }) => ({
      remove,
      add,
      ...(state && { state: { ...state, digest: recount(state.digest, remove, add) } }),
      result: undefined,
    }));
    const ends = [a, await syncDevice("b", 3, disk)] as const;
    const connection = connect(ends);
    await connection.quiet();
    expect(isVerified(connection)).toBe(false);
    for (let round = 0; round < 6; round += 1) {
      for (const { clock } of ends) clock.advance(2000 * 2 ** round);
      await connection.quiet();
    }
    return { ends, connection };
  };

  it("brings back rows that were lost", async () => {
    const { ends, connection } = await damaged((rows) => ({
      remove: rows.filter(({ key }) => key.startsWith("a/1")),
      add: [],
    }));
    expect(await contents(ends[1])).toEqual(await contents(ends[0]));
    expect(isVerified(connection)).toBe(true);
  });

  it("keeps both values of a row that was changed", async () => {
    for (const flipped of [0x00, 0xff]) {
      const { ends, connection } = await damaged((rows) => {
        const row = rows.find(({ key }) => key === "a/3") as Row;
        return { remove: [row], add: [{ ...row, value: Uint8Array.of(flipped) }] };
      });
      expect(await contents(ends[1])).toEqual(await contents(ends[0]));
      const values = (await ends[0].replica.conflicts("a/3")).map((one) => one.value?.[0]);
      expect(new Set(values)).toEqual(new Set([0x19, flipped]));
      expect(isVerified(connection)).toBe(true);
    }
  });

  it("does not bring back what was deleted when both are whole again", async () => {
    const { ends } = await damaged((rows) => ({
      remove: rows.filter(({ key }) => key === "a/29" || key === "a/3"),
      add: [],
    }));
    expect(await contents(ends[1])).toEqual(await contents(ends[0]));
    expect((await ends[1].replica.get("a/29")).value).toBeNull();
  });
});

const recount = (digest: Uint8Array, remove: readonly Row[], add: readonly Row[]): Uint8Array =>
  updateDigest(noblePrimitives, digest, remove, add);
