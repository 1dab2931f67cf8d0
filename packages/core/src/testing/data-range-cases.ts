/** Cases of the data suite: listing, ranges and pages. */
import { compareBytes, utf8 } from "../bytes/bytes.ts";
import {
  alone,
  type DataApi,
  type DataCase,
  type DataEntry,
  type DataRange,
  keysOf,
} from "./data-api.ts";
import { equal, isTrue, rejectsCode } from "./expect.ts";
import { seededRandom } from "./seeded-random.ts";

/** Keys whose order by UTF-16 units, by letters and by bytes all differ. */
const KEYS: readonly string[] = [
  "\u0000",
  "a",
  "a\u0000",
  "a/",
  "a/1",
  "a/10",
  "a/2",
  "a0",
  "aa",
  "b",
  "b/\uffff",
  "b/\u{10ffff}",
  "b0",
  "B",
  "z",
  "\u007f",
  "\u00e9",
  "\ud7ff",
  "\ue000",
  "\uff5e",
  "\u{1f600}",
  "\u{10ffff}",
];

const byBytes = (a: string, b: string): number => compareBytes(utf8(a), utf8(b));

/** What a range must answer, by looking at every key. */
export const bruteForce = (keys: readonly string[], range: DataRange): string[] => {
  const { prefix = "", gt, gte, lt, lte, limit = Infinity, reverse = false } = range;
  const found = keys
    .filter(
      (key) =>
        key.startsWith(prefix) &&
        (gt === undefined || byBytes(key, gt) > 0) &&
        (gte === undefined || byBytes(key, gte) >= 0) &&
        (lt === undefined || byBytes(key, lt) < 0) &&
        (lte === undefined || byBytes(key, lte) <= 0),
    )
    .toSorted(byBytes);
  return (reverse ? found.toReversed() : found).slice(0, limit);
};

const collect = async (entries: AsyncIterable<DataEntry>): Promise<DataEntry[]> => {
  const all: DataEntry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
};

/** Puts all keys, each with its own name as value, in batches. */
const fill = async (client: DataApi, keys: readonly string[]): Promise<void> => {
  for (let start = 0; start < keys.length; start += 1000) {
    await client.batch(
      keys.slice(start, start + 1000).map((key) => ({ op: "put", key, value: key })),
    );
  }
};

const requireSame = async (
  client: DataApi,
  keys: readonly string[],
  range: DataRange,
): Promise<void> => {
  const what = JSON.stringify(range);
  const expected = bruteForce(keys, range);
  const listed = await client.list(range);
  equal(keysOf(listed), expected, `list ${what}`);
  isTrue(
    listed.every(({ key, value, conflict }) => value === key && !conflict),
    `values of ${what}`,
  );
  equal(keysOf(await collect(client.entries(range))), expected, `entries ${what}`);
};

const single: readonly DataRange[] = [
  {},
  { prefix: "" },
  { prefix: "a" },
  { prefix: "a/" },
  { prefix: "\u{10ffff}" },
  { prefix: "none" },
  { gt: "a" },
  { gte: "a" },
  { lt: "b" },
  { lte: "b" },
  { gt: "a/5" },
  { lte: "\ue000" },
  { reverse: true },
  { limit: 1 },
  { limit: 5 },
  { limit: 1000 },
  { limit: KEYS.length },
];

export const dataRangeCases: readonly DataCase[] = [
  alone("keys are listed by the bytes of their UTF-8", async (client) => {
    await fill(client, KEYS.toReversed());
    equal(keysOf(await client.list({})), KEYS.toSorted(byBytes));
    equal(keysOf(await client.list({ reverse: true })), KEYS.toSorted(byBytes).toReversed());
  }),
  alone("each option of a range does what it says", async (client) => {
    await fill(client, KEYS);
    for (const range of single) await requireSame(client, KEYS, range);
  }),
  alone("options of a range can be combined at will", async (client) => {
    await fill(client, KEYS);
    const random = seededRandom(77);
    const maybe = <Value>(name: string, values: readonly Value[]): Record<string, Value> =>
      random.int(2) === 0 ? {} : { [name]: random.pick(values) };
    for (let round = 0; round < 150; round += 1) {
      await requireSame(client, KEYS, {
        ...maybe("prefix", ["", "a", "a/", "b", "\u{10ffff}"]),
        ...maybe("gt", KEYS),
        ...maybe("gte", KEYS),
        ...maybe("lt", KEYS),
        ...maybe("lte", KEYS),
        ...maybe("limit", [1, 2, 7, 1000]),
        ...maybe("reverse", [true, false]),
      });
    }
  }),
  alone("an empty namespace lists nothing", async (client) => {
    equal(await client.list({}), []);
    equal(await collect(client.entries({ prefix: "a" })), []);
  }),
  alone("a bound that cannot be a key is refused", async (client) => {
    for (const range of [
      { gt: "" },
      { lte: "x".repeat(1025) },
      { prefix: "\ud800" },
      { gte: "\udc00a" },
    ]) {
      await rejectsCode(() => client.list(range), "MASQ_RANGE_INVALID");
      await rejectsCode(() => collect(client.entries(range)), "MASQ_RANGE_INVALID");
    }
  }),
  alone("deleted keys are not listed", async (client) => {
    await fill(client, ["a", "b", "c", "d"]);
    await client.batch([
      { op: "del", key: "a" },
      { op: "del", key: "c" },
    ]);
    equal(keysOf(await client.list({})), ["b", "d"]);
    equal(keysOf(await client.list({ limit: 1, reverse: true })), ["d"]);
    equal(keysOf(await client.list({ limit: 1 })), ["b"]);
  }),
  alone("entries and list go over thousands of keys, each once and in order", async (client) => {
    const keys = Array.from({ length: 2500 }, (_, index) => `k/${String(index).padStart(5, "0")}`);
    await fill(client, ["before", ...keys, "z"]);
    equal(keysOf(await collect(client.entries({ prefix: "k/" }))), keys);
    equal(
      keysOf(await collect(client.entries({ prefix: "k/", reverse: true }))),
      keys.toReversed(),
    );
    equal(keysOf(await client.list({ prefix: "k/" })), keys);
    equal(
      keysOf(await client.list({ gt: "k/00100", lte: "k/02300", limit: 2000, reverse: true }))
        .length,
      2000,
    );
  }),
  alone("a listing goes on after a page that ended because of its size", async (client) => {
    const keys = Array.from({ length: 9 }, (_, index) => `large/${index}`);
    for (const key of keys) await client.put(key, new Uint8Array(400_000).fill(Number(key.at(-1))));
    const listed = await client.list({ prefix: "large/" });
    equal(keysOf(listed), keys);
    isTrue(
      listed.every(({ key, value }) => (value as Uint8Array)[399_999] === Number(key.at(-1))),
      "whole values",
    );
    equal(
      keysOf(await collect(client.entries({ reverse: true, limit: 7 }))),
      keys.toReversed().slice(0, 7),
    );
  }),
  alone("a listing goes on after a page of long keys beyond ASCII", async (client) => {
    const keys = Array.from(
      { length: 1300 },
      (_, index) => "\u20ac".repeat(330) + String(index).padStart(4, "0"),
    );
    for (let start = 0; start < keys.length; start += 650)
      await fill(client, keys.slice(start, start + 650));
    equal((await client.list({})).length, 1300);
    equal((await collect(client.entries({ reverse: true }))).length, 1300);
  }),
  alone("entries can be left early, and read while keys change", async (client) => {
    const keys = Array.from({ length: 1200 }, (_, index) => `k/${String(index).padStart(5, "0")}`);
    await fill(client, keys);
    for await (const { key } of client.entries({})) {
      equal(key, "k/00000");
      break;
    }
    const seen: string[] = [];
    for await (const { key } of client.entries({})) {
      seen.push(key);
      if (key === "k/00500")
        await client.batch([
          { op: "del", key: "k/01150" },
          { op: "put", key: "a", value: 1 },
        ]);
    }
    isTrue(seen.length === 1199 || seen.length === 1200, "every key that stayed");
    equal(new Set(seen).size, seen.length, "no key twice");
    equal(seen.toSorted(byBytes), seen, "in order");
  }),
  alone("many large values are read at once, in the order asked for", async (client) => {
    const keys = Array.from({ length: 40 }, (_, index) => `v/${index}`);
    for (const key of keys) await client.put(key, { key, bytes: new Uint8Array(200_000) });
    const asked = [...keys.toReversed(), "absent", "v/3", "v/3"];
    const values = (await client.getMany(asked)) as (
      | { key: string; bytes: Uint8Array }
      | undefined
    )[];
    equal(
      values.map((value) => value?.key ?? "absent"),
      asked,
    );
    isTrue(
      values.every((value) => value === undefined || value.bytes.length === 200_000),
      "whole values",
    );
    equal(await client.getMany([]), []);
  }),
  alone("more keys than a page holds are read at once", async (client) => {
    const keys = Array.from({ length: 1500 }, (_, index) => `k/${index}`);
    await fill(client, keys);
    equal(await client.getMany(keys), keys);
  }),
];
