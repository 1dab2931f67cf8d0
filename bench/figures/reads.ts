/** Reads of a connected app. */
import { atLeast, atMost, type Figure } from "../figure.ts";
import { interleaved, latency, rate } from "../measure.ts";
import { BareSqlite, startEcho, type Echo } from "../platform.ts";
import { keyOf, randomIndex, samples } from "../samples.ts";
import { importSamples, withStore } from "../store-process.ts";

const IN_FLIGHT = 64;
const ENTRIES = 10_000;
const LISTED_ENTRIES = 100_000;
const PAGE = 100;

const withEcho = async <Result>(use: (echo: Echo) => Promise<Result>): Promise<Result> => {
  const echo = await startEcho();
  try {
    return await use(echo);
  } finally {
    await echo.stop();
  }
};

const get: Figure = {
  name: "get",
  title: "get, one at a time, p50",
  unit: "us",
  limitTitle: "raw ws echo, p50",
  goal: atMost(3, "a raw ws echo"),
  measure: ({ rounds, of, directory }) =>
    withEcho((echo) =>
      withStore(directory, async (client) => {
        const entries = of(ENTRIES);
        await importSamples(client, entries);
        const times = of(3000);
        return interleaved(rounds, {
          value: () => latency(times, () => client.get(keyOf(randomIndex(entries)))),
          limit: () => latency(times, echo.roundTrip),
        });
      }),
    ),
};

const getPipelined: Figure = {
  name: "get-pipelined",
  title: `get, ${IN_FLIGHT} in flight`,
  unit: "/s",
  limitTitle: `raw ws echo, ${IN_FLIGHT} in flight`,
  goal: atLeast(0.3, "a raw ws echo"),
  measure: ({ rounds, of, directory }) =>
    withEcho((echo) =>
      withStore(directory, async (client) => {
        const entries = of(ENTRIES);
        await importSamples(client, entries);
        const total = of(30_000);
        return interleaved(rounds, {
          value: () => rate(total, IN_FLIGHT, () => client.get(keyOf(randomIndex(entries)))),
          limit: () => rate(total, IN_FLIGHT, echo.roundTrip),
        });
      }),
    ),
};

const list: Figure = {
  name: "list",
  title: `list of ${PAGE} in 100,000 entries, p50`,
  unit: "us",
  limitTitle: "bare query of the same rows + one ws echo, p50",
  goal: atMost(2, "a bare query and a raw ws echo"),
  measure: ({ rounds, of, directory }) =>
    withEcho((echo) =>
      withStore(directory, async (client) => {
        const entries = of(LISTED_ENTRIES);
        await importSamples(client, entries);
        const bare = new BareSqlite(directory);
        for (let start = 0; start < entries; start += 1000) bare.commit(samples(start, 1000));
        const from = () => keyOf(randomIndex(entries - PAGE));
        const times = of(1000);
        const pair = await interleaved(rounds, {
          value: () => latency(times, () => client.list({ gte: from(), limit: PAGE })),
          limit: () =>
            latency(times, () => {
              bare.list(from(), PAGE);
              return echo.roundTrip();
            }),
        });
        bare.close();
        return pair;
      }),
    ),
};

export const READS: readonly Figure[] = [get, getPipelined, list];
