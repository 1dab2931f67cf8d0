/** Writes of a connected app, each acknowledged when it is on the disk. */
import type { MasqClient } from "@masq/client";
import { atLeast, type Figure, type Scale } from "../figure.ts";
import { interleaved, latency, rate, type Pair } from "../measure.ts";
import { BareSqlite, startEcho } from "../platform.ts";
import { sample, samples } from "../samples.ts";
import { importSamples, withStore } from "../store-process.ts";

const BATCH = 1000;

const withBoth = (
  directory: string,
  use: (client: MasqClient, bare: BareSqlite) => Promise<Pair>,
): Promise<Pair> =>
  withStore(directory, async (client) => {
    const bare = new BareSqlite(directory);
    const pair = await use(client, bare);
    bare.close();
    return pair;
  });

/** Commits per second of the bare database, `group` of them in each transaction. */
const bareRate = (
  bare: BareSqlite,
  total: number,
  group: number,
  folder: string,
): Promise<number> =>
  rate(Math.ceil(total / group), 1, async (index) =>
    bare.commit(samples(index * group, group, folder)),
  ).then((transactions) => transactions * group);

const concurrentPuts = (callers: number, total: number): Figure => ({
  name: `put-${callers}`,
  title: `put by ${callers.toLocaleString("en")} callers`,
  unit: "/s",
  limitTitle: `bare SQLite, ${callers.toLocaleString("en")} commits a transaction`,
  goal: atLeast(0.6, "the same commits on bare SQLite"),
  measure: ({ rounds, of, directory }) =>
    withBoth(directory, (client, bare) => {
      let round = 0;
      return interleaved(rounds, {
        value: () => {
          const folder = `round-${(round += 1)}`;
          return rate(of(total), callers, (index) => {
            const { key, value } = sample(index, folder);
            return client.put(key, value);
          });
        },
        limit: () => bareRate(bare, of(total), callers, `round-${(round += 1)}`),
      });
    }),
});

const batchImport: Figure = {
  name: "import",
  title: "import of 100,000 entries in batches of 1,000",
  unit: "/s",
  limitTitle: "bare SQLite, 1,000 rows a transaction",
  goal: atLeast(0.6, "the same rows on bare SQLite"),
  measure: ({ rounds, of, directory }) =>
    withBoth(directory, (client, bare) => {
      const count = of(100_000);
      let round = 0;
      return interleaved(Math.min(rounds, 3), {
        value: () => importSamples(client, count, `round-${(round += 1)}`),
        limit: () => bareRate(bare, count, BATCH, `round-${(round += 1)}`),
      });
    }),
};

const singlePut: Figure = {
  name: "put",
  title: "put, one at a time, p50",
  unit: "us",
  limitTitle: "bare SQLite, one commit a transaction, p50",
  measure: ({ rounds, of, directory }) =>
    withBoth(directory, (client, bare) => {
      let index = 0;
      const next = () => sample((index += 1));
      return interleaved(rounds, {
        value: () =>
          latency(of(1000), () => {
            const { key, value } = next();
            return client.put(key, value);
          }),
        limit: () => latency(of(1000), async () => bare.commit([next()])),
      });
    }),
};

/** From the call of `put` in one app to the listener in another one, which is told only when it is durable. */
const watch = async ({ rounds, of, directory }: Scale): Promise<Pair> => {
  const echo = await startEcho();
  try {
    return await withStore(directory, async (writer, store) => {
      const bare = new BareSqlite(directory);
      const watcher = await store.connect();
      let seen = (_key: string): void => {};
      watcher.watch("", (changes) => changes.forEach(({ key }) => seen(key)));
      await watcher.status();
      let index = 0;
      const toldOf = (key: string): Promise<void> =>
        new Promise((resolve) => {
          seen = (changed) => {
            if (changed === key) resolve();
          };
        });
      const pair = await interleaved(rounds, {
        value: async () => {
          let written: Promise<unknown> = Promise.resolve();
          const delay = await latency(of(1000), () => {
            const { key, value } = sample((index += 1));
            const told = toldOf(key);
            written = writer.put(key, value);
            return told;
          });
          // The last one may be told to the watcher before its writer.
          await written;
          return delay;
        },
        limit: () =>
          latency(of(1000), () => {
            bare.commit([sample((index += 1))]);
            return echo.roundTrip();
          }),
      });
      bare.close();
      return pair;
    });
  } finally {
    await echo.stop();
  }
};

const watchDelay: Figure = {
  name: "watch",
  title: "put until another client's watch is told, p50",
  unit: "us",
  limitTitle: "bare SQLite commit + one ws echo, p50",
  measure: watch,
};

export const WRITES: readonly Figure[] = [
  concurrentPuts(64, 12_800),
  concurrentPuts(1000, 30_000),
  batchImport,
  singlePut,
  watchDelay,
];
