import { describe, expect, it } from "vitest";
import { noblePrimitives } from "../crypto/noble.ts";
import { utf8 } from "../bytes/bytes.ts";
import { updateDigest } from "../data/digest.ts";
import type { NamespaceId } from "../data/ids.ts";
import { memoryStorage } from "../memory-storage.ts";
import type { Storage } from "../storage.ts";
import { byText } from "../testing/data-api.ts";
import { rejectsCode } from "../testing/expect.ts";
import { failingStorage } from "../testing/failing-storage.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { showState } from "../testing/storage-samples.ts";
import { testHost } from "../testing/test-host.ts";
import { Replica, type Commit } from "./replica.ts";
import { readWriterNote, writerNoteName } from "./writer.ts";

const NAMESPACE = "https://maps.example.org" as NamespaceId;
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
const put = (key: string, text: string) => ({ key, value: bytes(text) });
const open = (storage: Storage, seed = 1): Promise<Replica> =>
  Replica.open(testHost({ seed }), storage, NAMESPACE);
const textOf = async (replica: Replica, key: string): Promise<string | undefined> => {
  const { value } = await replica.get(key);
  return value === null ? undefined : Buffer.from(value).toString();
};

const lastNumber = async (storage: Storage, writer: string): Promise<number> =>
  readWriterNote(await storage.note(NAMESPACE, writerNoteName(writer))).last;

/** The counters of a state, from nothing but the rows. */
const recount = async (storage: Storage) => {
  const rows = await storage.arrivals(NAMESPACE, 0, Infinity, Infinity);
  const live = rows.filter(({ value }) => value !== null);
  return {
    entries: new Set(live.map(({ key }) => key)).size,
    tombstones: rows.length - live.length,
    bytes: rows.reduce((sum, { key, value }) => sum + utf8(key).length + (value?.length ?? 0), 0),
    digest: updateDigest(noblePrimitives, new Uint8Array(16), [], rows),
    arrival: rows.at(-1)?.arrival ?? 0,
  };
};

describe("a replica", () => {
  it("is made once, with an id of its own, and found again", async () => {
    const storage = memoryStorage();
    const first = await open(storage, 1);
    await first.write([put("k", "1")]);
    const again = await open(storage, 2);
    expect(again.id).toBe(first.id);
    expect(again.position).toBe(first.position);
    expect(await textOf(again, "k")).toBe("1");
    const other = await Replica.open(
      testHost({ seed: 3 }),
      storage,
      "app:org.example.notes" as NamespaceId,
    );
    expect(other.id).not.toBe(first.id);
    expect(await textOf(other, "k")).toBeUndefined();
  });

  it("reads its earlier writes, awaited or not, through every way of reading", async () => {
    const storage = failingStorage();
    const replica = await open(storage);
    const release = storage.hold();
    const writes = [
      replica.write([put("k", "1")]),
      replica.write([put("k", "2")], { writer: "w", number: 7 }),
    ];
    const reads = [
      textOf(replica, "k"),
      replica.list({}).then(({ entries }) => entries.length),
      replica.conflicts("k").then((siblings) => siblings.length),
      replica.state().then(({ counter }) => counter),
    ];
    release();
    expect(await Promise.all(reads)).toEqual(["2", 1, 1, 2]);
    await Promise.all(writes);
  });

  it("announces each commit once, in order, after it is durable", async () => {
    const storage = failingStorage();
    const replica = await open(storage);
    const told: Commit[] = [];
    const stop = replica.onCommit((commit) => told.push(commit));
    const release = storage.hold();
    const writes = [
      replica.write([put("a", "1"), put("b", "2")]),
      replica.write([{ key: "absent", value: null }]),
      replica.write([put("c", "3")]),
    ];
    await Promise.resolve();
    expect([told.length, replica.position]).toEqual([0, 0]);
    release();
    await Promise.all(writes);
    expect(
      told.map(({ before, after, shown }) => [before, after, shown.map(({ key }) => key)]),
    ).toEqual([
      [0, 2, ["a", "b"]],
      [2, 3, ["c"]],
    ]);
    expect(replica.position).toBe(3);
    stop();
    await replica.write([put("d", "4")]);
    expect(told).toHaveLength(2);
  });

  it("refuses a repeated write that it refused before, though later ones of the writer were applied", async () => {
    const storage = failingStorage();
    const replica = await open(storage);
    const numbered = (number: number, answeredBelow: number) => ({
      writer: "w",
      number,
      answeredBelow,
    });
    await replica.write([put("k", "1")], numbered(1, 1));
    const refused = () => replica.write([{ ...put("k", "2"), ifVersion: "" }], numbered(2, 2));
    await Promise.all([
      rejectsCode(refused, "MASQ_CONFLICT"),
      replica.write([put("k", "3")], numbered(3, 2)),
    ]);
    storage.failNext(1);
    const full = () => replica.write([put("k", "4")], numbered(4, 2));
    await rejectsCode(full, "MASQ_STORAGE_FULL");
    await replica.write([{ key: "k", value: null }], numbered(5, 2));
    // Also by another replica object over the same storage, as after a restart.
    for (const again of [replica, await open(storage, 2)]) {
      await rejectsCode(
        () => again.write([{ ...put("k", "2"), ifVersion: "" }], numbered(2, 2)),
        "MASQ_CONFLICT",
      );
      await rejectsCode(() => again.write([put("k", "4")], numbered(4, 2)), "MASQ_STORAGE_FULL");
      await again.write([put("k", "3")], numbered(3, 2));
      expect(await textOf(again, "k")).toBeUndefined();
    }
    await replica.write([put("k", "6")], numbered(6, 6));
    expect(readWriterNote(await storage.note(NAMESPACE, writerNoteName("w"))).refused.size).toBe(0);
  });

  it("whose storage fails a flush rejects that write, tells nobody and stays as it was", async () => {
    const storage = failingStorage();
    const replica = await open(storage);
    await replica.write([put("k", "1")], { writer: "w", number: 1 });
    const before = showState(await replica.state());
    const told: Commit[] = [];
    replica.onCommit((commit) => told.push(commit));
    storage.failNext(1);
    await rejectsCode(
      replica.write([put("k", "2"), put("j", "2")], { writer: "w", number: 2 }),
      "MASQ_STORAGE_FULL",
    );
    expect(showState(await replica.state())).toBe(before);
    expect([
      told,
      replica.position,
      await textOf(replica, "k"),
      await lastNumber(storage, "w"),
    ]).toEqual([[], 1, "1", 1]);
    const results = [replica.write([put("k", "3")]), replica.write([put("k", "4")])];
    storage.failNext(1);
    const outcomes = await Promise.allSettled(results);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(told.map(({ before: from, after }) => [from, after])).toEqual([[1, 2]]);
    await replica.write([put("k", "5")], { writer: "w", number: 2 });
    expect(await textOf(replica, "k"), "the number was not used up").toBe("5");
  });

  it("applies a numbered write once, however often and late it is repeated", async () => {
    const storage = memoryStorage();
    const replica = await open(storage);
    const numbered = (writer: string, number: number, text: string) =>
      replica.write([put("k", text)], { writer, number });
    const [first, twice] = await Promise.all([numbered("w", 1, "1"), numbered("w", 1, "1")]);
    expect(twice?.versions).toEqual(first?.versions);
    await numbered("w", 5, "5");
    const reopened = await open(storage);
    const late = await reopened.write([put("k", "3")], { writer: "w", number: 3 });
    expect(late.versions).toEqual([(await reopened.get("k")).version]);
    expect(await textOf(reopened, "k")).toBe("5");
    await reopened.write([put("k", "other")], { writer: "x", number: 1 });
    expect(await textOf(reopened, "k")).toBe("other");
    expect(await Promise.all(["w", "x", "y"].map((writer) => lastNumber(storage, writer)))).toEqual(
      [5, 1, 0],
    );
  });

  it("says that there is more after every page that did not reach the end", async () => {
    const replica = await open(memoryStorage());
    for (let round = 0; round < 12; round += 1) {
      await replica.write(
        Array.from({ length: 100 }, (_, index) => ({
          key: `${"\u20ac".repeat(300)}${1000 + round * 100 + index}`,
          value: new Uint8Array(200),
        })),
      );
    }
    for (const reverse of [false, true]) {
      const keys: string[] = [];
      for (;;) {
        const last = keys.at(-1);
        const page = await replica.list({
          reverse,
          ...(last !== undefined && (reverse ? { lt: last } : { gt: last })),
        });
        keys.push(...page.entries.map(({ key }) => key));
        if (!page.more) break;
        expect(page.entries.length).toBeGreaterThan(0);
      }
      expect(keys.length).toBe(1200);
    }
  });

  it("tells the siblings of a key, the one shown first, with the clock of each", async () => {
    const clock = manualClock({ now: 5000 });
    const replica = await Replica.open(testHost({ seed: 1, clock }), memoryStorage(), NAMESPACE);
    for (const text of ["first", "second", "third"]) {
      await replica.write([{ ...put("k", text), seen: "" }]);
      clock.advance(10);
    }
    await replica.write([{ key: "k", value: null, seen: "" }]);
    const siblings = await replica.conflicts("k");
    expect(
      siblings.map(({ value, time }) => [Buffer.from(value ?? []).toString(), time])[0],
    ).toEqual(["third", 5020]);
    expect(siblings.map(({ time }) => time).toSorted(byText)).toEqual([5000, 5010, 5020]);
    expect(new Set(siblings.map(({ replica: id }) => id))).toEqual(new Set([replica.id]));
    expect((await replica.get("k")).version).toBe(
      siblings
        .map(({ version }) => version)
        .toSorted(byText)
        .join("+"),
    );
  });

  for (const seed of [11, 12, 13]) {
    it(`does what a simple model does over a random history, seed ${seed}`, async () => {
      const random = seededRandom(seed);
      const storage = failingStorage();
      const replica = await open(storage, seed);
      const model = new Map<string, string>();
      const keys = ["a", "b", "b/1", "\u00e9", "\u{1f600}", "z".repeat(40)];
      const numbers = new Map([
        ["w1", 0],
        ["w2", 0],
        ["w3", 0],
      ]);
      for (let round = 0; round < 150; round += 1) {
        const batch = Array.from({ length: 1 + random.int(4) }, (_, index) => ({
          key: random.pick(keys),
          text: random.int(3) === 0 ? undefined : `${round}.${index}`,
        }));
        const operations = batch.map(({ key, text }) => ({
          key,
          value: text === undefined ? null : bytes(text),
        }));
        const writer = random.pick([...numbers.keys()]);
        const isRepeat = random.int(6) === 0 && (numbers.get(writer) ?? 0) > 0;
        const number = (numbers.get(writer) ?? 0) + (isRepeat ? 0 : 1);
        const fails = !isRepeat && random.int(8) === 0;
        if (fails) storage.failNext(1);
        const written = replica.write(operations, { writer, number });
        if (fails) {
          await rejectsCode(written, "MASQ_STORAGE_FULL");
          continue;
        }
        numbers.set(writer, number);
        if (!isRepeat) {
          for (const { key, text } of batch) {
            if (text === undefined) model.delete(key);
            else model.set(key, text);
          }
        }
        // Most writes are not awaited: the reads below must see them all the same.
        if (random.int(3) === 0) await written;
        const key = random.pick(keys);
        expect(await textOf(replica, key)).toBe(model.get(key));
        if (round % 5 > 0) continue;
        const { entries } = await replica.list({ reverse: random.int(2) === 0 });
        expect(
          new Map(entries.map((entry) => [entry.key, Buffer.from(entry.value ?? []).toString()])),
        ).toEqual(model);
        expect(await replica.state()).toMatchObject(await recount(storage));
        expect(entries.some(({ conflict }) => conflict)).toBe(false);
      }
      expect(model.size).toBeGreaterThan(0);
      expect(await replica.state()).toMatchObject(await recount(storage));
    });
  }

  it("keeps its counters right while siblings come and go", async () => {
    const random = seededRandom(99);
    const storage = memoryStorage();
    const replica = await open(storage);
    const tokens = new Map<string, string[]>();
    for (let round = 0; round < 300; round += 1) {
      const key = random.pick(["a", "b", "c"]);
      const known = tokens.get(key) ?? [""];
      const value = random.int(3) === 0 ? null : bytes(String(round));
      const seen = random.int(3) === 0 ? undefined : random.pick(known.slice(-6));
      const { versions } = await replica.write([{ key, value, seen }]);
      tokens.set(key, [...known, ...versions]);
      expect(await replica.state()).toMatchObject(await recount(storage));
    }
  });
});
