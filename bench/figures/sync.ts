/** Two stores that know each other: what a reconnect costs, and how soon one has what was written on the other. */
import { join } from "node:path";
import { atLeast, atMost, atMostInAll, type Figure, type Scale } from "../figure.ts";
import { interleaved, latency, median, rate, type Pair } from "../measure.ts";
import { BareSqlite, startWay } from "../platform.ts";
import { keyOf, sample, samples } from "../samples.ts";
import { importSamples } from "../store-process.ts";
import { TwoStores, type Meeting } from "../two-stores.ts";
import { firstSync } from "./first-sync.ts";

const FEW = 1000;
const MANY = 100_000;
const RECONNECTS = 3;

/** Runs `use` with two stores that hold the same entries. */
const withSame = <Result>(
  directory: string,
  count: number,
  use: (stores: TwoStores) => Promise<Result>,
): Promise<Result> =>
  TwoStores.with(directory, async (stores) => {
    await importSamples(stores.a.client, count);
    await stores.verified();
    return use(stores);
  });

/** One entry is changed while they cannot reach each other. */
const reconnects = ({ rounds, directory }: Scale, count: number): Promise<Meeting[]> =>
  withSame(join(directory, `of-${count}`), count, async (stores) => {
    const meetings: Meeting[] = [];
    for (let round = 0; round <= Math.min(rounds, RECONNECTS); round += 1) {
      await stores.part();
      const { value } = sample(round, "changed");
      await stores.a.client.put(keyOf(count >> 1), value);
      const meeting = await stores.meet();
      if ((await stores.b.client.get(keyOf(count >> 1))) !== value) throw new Error("not changed");
      if (round > 0) meetings.push(meeting);
    }
    return meetings;
  });

let few: Promise<Meeting[]> | undefined;
let many: Promise<Meeting[]> | undefined;

const reconnectPair = async (scale: Scale, of: (meeting: Meeting) => number): Promise<Pair> => {
  const value = median((await (many ??= reconnects(scale, scale.of(MANY)))).map(of));
  return { value, limit: median((await (few ??= reconnects(scale, FEW))).map(of)) };
};

const reconnectBytes: Figure = {
  name: "reconnect-bytes",
  title: "bytes of a reconnect with one change in 100,000 entries",
  unit: "B",
  limitTitle: "the same in 1,000 entries",
  goal: atMostInAll(6 * 1024, "B"),
  measure: (scale) => reconnectPair(scale, ({ bytes }) => bytes),
};

const reconnectCpu: Figure = {
  name: "reconnect-cpu",
  title: "processor time of both stores for it",
  unit: "ms",
  limitTitle: "the same in 1,000 entries",
  goal: atMost(1.5, "the same in 1,000 entries"),
  measure: (scale) => reconnectPair(scale, ({ cpuMsOfA, cpuMsOfB }) => cpuMsOfA + cpuMsOfB),
};

/** Resolves when the app of the other store has been told of this key. */
const arrivals = (stores: TwoStores): ((key: string) => Promise<void>) => {
  const waiting = new Map<string, () => void>();
  stores.b.client.watch("", (changes) => {
    for (const { key } of changes) {
      waiting.get(key)?.();
      waiting.delete(key);
    }
  });
  return (key) => new Promise((resolve) => waiting.set(key, resolve));
};

const live: Figure = {
  name: "live",
  title: "put until an app of another store is told, p50",
  unit: "us",
  limitTitle: "app-device-relay-device-app by raw ws, and two bare SQLite commits",
  goal: atMost(3, "raw ws and two commits"),
  measure: ({ rounds, of, directory }) =>
    withSame(directory, FEW, async (stores) => {
      const way = await startWay();
      const bare = new BareSqlite(directory);
      const arrived = arrivals(stores);
      // Answered behind the watch, which is then in place.
      await stores.b.client.get(keyOf(0));
      let index = 0;
      const pair = await interleaved(rounds, {
        value: () =>
          latency(of(500), async () => {
            const { key, value } = sample((index += 1), "live");
            const there = arrived(key);
            await Promise.all([there, stores.a.client.put(key, value)]);
          }),
        limit: () =>
          latency(of(500), async () => {
            bare.commit([sample((index += 1))]);
            await way.pass();
            bare.commit([sample((index += 1))]);
          }),
      });
      bare.close();
      await way.stop();
      return pair;
    }),
};

const BURST = 5000;
const CALLERS = 1000;

const burst: Figure = {
  name: "burst",
  title: "5,000 puts at once until the other store's app has them",
  unit: "/s",
  limitTitle: "bare SQLite, 1,000 commits a transaction",
  goal: atLeast(0.5, "the same commits on bare SQLite"),
  measure: ({ rounds, of, directory }) =>
    withSame(directory, FEW, async (stores) => {
      const bare = new BareSqlite(directory);
      const arrived = arrivals(stores);
      await stores.b.client.get(keyOf(0));
      const count = of(BURST);
      let round = 0;
      const pair = await interleaved(rounds, {
        value: async () => {
          const entries = samples(0, count, `burst-${(round += 1)}`);
          const start = performance.now();
          await Promise.all(
            entries.flatMap(({ key, value }) => [arrived(key), stores.a.client.put(key, value)]),
          );
          return (count / (performance.now() - start)) * 1000;
        },
        limit: async () => {
          const folder = `bare-${(round += 1)}`;
          const group = Math.min(CALLERS, count);
          const groups = await rate(Math.ceil(count / group), 1, async (index) =>
            bare.commit(samples(index * group, group, folder)),
          );
          return groups * group;
        },
      });
      bare.close();
      return pair;
    }),
};

const EDITS = 1000;
const CONFLICTS = 100;
const OFFLINE_ROUNDS = 3;

const offline: Figure = {
  name: "offline",
  title: "1,000 edits on each side offline, 100 on the same keys, until equal",
  unit: "ms",
  limitTitle: "a first sync of 2,000 entries",
  goal: atMost(2, "a first sync of 2,000 entries"),
  measure: async ({ rounds, of, directory }) => {
    const values: number[] = [];
    const limits: number[] = [];
    for (let round = 0; round < Math.min(rounds, OFFLINE_ROUNDS); round += 1) {
      const at = (name: string): string => join(directory, `${name}-${round}`);
      values.push(await offlineEdits(at("edits"), of(EDITS), of(CONFLICTS)));
      limits.push((await firstSync(at("first"), 2 * of(EDITS))).ms);
    }
    return { value: median(values), limit: median(limits) };
  },
};

/** Milliseconds from the connection until both are verified; throws unless every conflict is kept on both sides. */
const offlineEdits = (directory: string, edits: number, conflicts: number): Promise<number> =>
  withSame(directory, 2 * edits, async (stores) => {
    await stores.part();
    const edit = async (client: (typeof stores.a)["client"], from: number, by: string) => {
      await Promise.all(
        samples(from, edits).map(({ key, value }) => client.put(key, `${by} ${value}`)),
      );
    };
    await edit(stores.a.client, 0, "a");
    await edit(stores.b.client, edits - conflicts, "b");
    const { ms } = await stores.meet();
    for (const { client } of [stores.a, stores.b]) {
      let kept = 0;
      for (let index = edits - conflicts; index < edits; index += 1) {
        if ((await client.conflicts(keyOf(index))).length === 2) kept += 1;
      }
      if (kept !== conflicts) throw new Error(`${kept} of ${conflicts} conflicts were kept`);
    }
    return ms;
  });

export const SYNC: readonly Figure[] = [reconnectBytes, reconnectCpu, live, burst, offline];
