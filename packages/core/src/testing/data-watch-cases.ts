/** Cases of the data suite: watches. */
import {
  type DataApi,
  type DataCase,
  type DataEntry,
  type Watched,
  comparable,
  keysOf,
  since,
  together,
  watching,
} from "./data-api.ts";
import { equal, isTrue } from "./expect.ts";
import { seededRandom } from "./seeded-random.ts";

/** What a watcher knows: the last change of each key, keys that are gone left out. */
const known = (calls: readonly (readonly DataEntry[])[]): Map<string, unknown> => {
  const valueByKey = new Map<string, unknown>();
  for (const { key, value } of calls.flat()) {
    if (value === undefined) valueByKey.delete(key);
    else valueByKey.set(key, value);
  }
  return valueByKey;
};

/** Writes a mark and waits for it: every commit made before has been told when it comes. */
const untilMark = async (writer: DataApi, watched: Watched, key: string): Promise<void> => {
  await writer.put(key, "mark");
  await watched.sees(key, "mark");
};

const scribble = async (client: DataApi, name: string, seed: number): Promise<void> => {
  const random = seededRandom(seed);
  const writes: Promise<unknown>[] = [];
  for (let round = 0; round < 60; round += 1) {
    const key = `w/${random.int(12)}`;
    const value = `${name} ${round}`;
    const other = `w/${random.int(12)}`;
    const kind = random.int(4);
    if (kind === 0) writes.push(client.del(key));
    else if (kind === 1)
      writes.push(
        client.batch([
          { op: "put", key, value },
          { op: "put", key: other, value },
        ]),
      );
    else writes.push(client.put(key, value));
    if (random.int(5) === 0) await writes.at(-1);
  }
  await Promise.all(writes);
};

export const dataWatchCases: readonly DataCase[] = [
  together("a watch is called once per commit, with all its changes", async (a, b) => {
    await a.put("w/gone", 1);
    const watched = await watching(b, "w/", "w/probe");
    const tokens = await a.batch([
      { op: "put", key: "w/1", value: { n: 1 } },
      { op: "put", key: "elsewhere", value: 2 },
      { op: "put", key: "w/2", value: new Date(5) },
      { op: "del", key: "w/gone" },
    ]);
    await a.put("elsewhere", 3);
    await untilMark(a, watched, "w/end");
    const [first, second, ...more] = since(watched);
    equal(
      comparable(first?.toSorted((one, two) => (one.key < two.key ? -1 : 1))),
      comparable([
        { key: "w/1", value: { n: 1 }, version: tokens[0], conflict: false },
        { key: "w/2", value: new Date(5), version: tokens[2], conflict: false },
        { key: "w/gone", value: undefined, version: "", conflict: false },
      ]),
    );
    equal(keysOf(second ?? []), ["w/end"]);
    equal(more, []);
    watched.stop();
  }),
  together("a watch tells changes of its own client and of others, in order", async (a, b) => {
    const watched = await watching(a, "w/", "w/probe");
    for (let round = 0; round < 10; round += 1) await (round % 2 === 0 ? a : b).put("w/k", round);
    await untilMark(b, watched, "w/end");
    equal(
      since(watched).map((changes) => changes[0]?.value),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, "mark"],
    );
    watched.stop();
  }),
  together(
    "text watches a prefix, { key } one key, and the empty prefix everything",
    async (a, b) => {
      const prefix = await watching(b, "w", "w/probe");
      const one = await watching(b, { key: "w" }, "w");
      const all = await watching(b, "", "probe");
      const before = prefix.calls.items.length;
      for (const key of ["v", "w", "w/1", "ww", "x", "W"]) await a.put(key, key);
      await untilMark(a, all, "zz");
      await untilMark(a, prefix, "w/end");
      await untilMark(a, one, "w");
      equal(since(all).flatMap(keysOf).slice(0, 7), ["v", "w", "w/1", "ww", "x", "W", "zz"]);
      equal(prefix.calls.items.slice(before).flatMap(keysOf).slice(0, 4), [
        "w",
        "w/1",
        "ww",
        "w/end",
      ]);
      equal(since(one).flatMap(keysOf), ["w", "w"]);
      for (const { stop } of [prefix, one, all]) stop();
    },
  ),
  together("a change tells of a conflict and of its end", async (a, b) => {
    const watched = await watching(a, { key: "k" }, "k");
    await a.put("k", 1);
    await b.get("k");
    await a.put("k", 2);
    await b.put("k", 3);
    await b.get("k");
    await b.put("k", 4);
    await untilMark(b, watched, "k");
    equal(
      since(watched).map(([change]) => change?.conflict),
      [false, false, true, false, false],
    );
    watched.stop();
  }),
  together("what a watch has told counts as seen", async (a, b) => {
    const watched = await watching(b, "w/", "w/probe");
    await a.put("w/k", 1);
    await watched.sees("w/k", 1);
    await a.put("w/k", 2);
    await watched.sees("w/k", 2);
    await b.put("w/k", 3);
    equal((await b.conflicts("w/k")).length, 1);
    watched.stop();
  }),
  together("a watch that was stopped is not called again, and the others go on", async (a, b) => {
    const stopped = await watching(b, "w/", "w/probe");
    const goesOn = await watching(b, "w/", "w/probe");
    await untilMark(a, stopped, "w/before");
    const calls = stopped.calls.items.length;
    stopped.stop();
    stopped.stop();
    await a.put("w/k", 1);
    await untilMark(a, goesOn, "w/after");
    equal(stopped.calls.items.length, calls);
    goesOn.stop();
  }),
  together("a watch stopped from within its own call is not called again", async (a, b) => {
    const goesOn = await watching(b, "w/", "w/probe");
    let calls = 0;
    const stop = b.watch("w/", () => {
      calls += 1;
      stop();
    });
    await untilMark(b, goesOn, "w/0");
    for (let round = 1; round < 5; round += 1) await untilMark(a, goesOn, `w/${round}`);
    isTrue(calls <= 1, "called at most once");
    goesOn.stop();
  }),
  together("a watch over large commits misses none of their keys", async (a, b) => {
    const watched = await watching(b, "w/", "w/probe");
    const batch = (round: number) =>
      Array.from(
        { length: 700 },
        (_, index) => ({ op: "put", key: `w/${round}/${index}`, value: round }) as const,
      );
    await Promise.all([1, 2, 3].map((round) => a.batch(batch(round))));
    await untilMark(a, watched, "w/end");
    equal(known(since(watched)).size, 2101);
    watched.stop();
  }),
  {
    name: "watches miss nothing while several clients write at once",
    async run(factory) {
      const clients = await Promise.all([1, 2, 3].map(() => factory.open()));
      const [first, ...others] = clients as [DataApi, ...DataApi[]];
      const watches = [
        await watching(first, "w/", "w/probe"),
        await watching(others[0] ?? first, "w/", "w/probe"),
      ];
      await Promise.all(
        clients.map((client, index) => scribble(client, `client ${index}`, 500 + index)),
      );
      for (const watched of watches) await untilMark(first, watched, "w/end");
      const listed = new Map(
        (await first.list({ prefix: "w/" })).map(({ key, value }) => [key, value]),
      );
      for (const watched of watches) {
        equal(known(watched.calls.items), listed, "what the watch told, put together");
        watched.stop();
      }
      await Promise.all(clients.map((client) => client.close()));
    },
  },
];
