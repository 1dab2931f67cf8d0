/** A store with entries meets one that has none, through the sync service. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { encodeStamp, encodeValue } from "@masq/core";
import { atLeast, atMost, atMostInAll, type Figure, type Goal, type Scale } from "../figure.ts";
import { median, type Pair } from "../measure.ts";
import { BareSqlite } from "../platform.ts";
import { samples } from "../samples.ts";
import { importSamples } from "../store-process.ts";
import { TwoStores, type Meeting } from "../two-stores.ts";

const BARE_TRANSACTION = 10_000;
const MAX_ROUNDS = 3;

interface Measured {
  readonly perSecond: Pair;
  readonly bytes: Pair;
  readonly peakMb: Pair;
  /** Microseconds of processor time an entry, of the receiving store alone. */
  readonly cpuUs: Pair;
}

interface FirstSync extends Meeting {
  readonly idleMb: number;
  readonly peakMb: number;
}

/** From the connection of both, one with entries and one with none, until both have verified. */
export const firstSync = (directory: string, count: number): Promise<FirstSync> =>
  TwoStores.with(directory, async (stores) => {
    await stores.part();
    await importSamples(stores.a.client, count);
    // A new process: the peak of its memory is then that of the synchronisation, not that of the import.
    await stores.stop("a");
    const { store } = await stores.start("a");
    const idleMb = store.residentMb();
    const meeting = await stores.meet();
    return { ...meeting, idleMb, peakMb: Math.max(store.peakMb(), stores.b.store.peakMb()) };
  });

const bareInsert = (directory: string, count: number): { perSecond: number; cpuUs: number } => {
  mkdirSync(directory, { recursive: true });
  const bare = new BareSqlite(directory);
  const stamp = encodeStamp({ hlc: { wall: Date.now(), tick: 0 }, index: 0, context: new Map() });
  let ms = 0;
  let cpuMs = 0;
  for (let start = 0; start < count; start += BARE_TRANSACTION) {
    const rows = samples(start, Math.min(BARE_TRANSACTION, count - start)).map(
      ({ key, value }) => ({ key, stamp, value: encodeValue(value) }),
    );
    const from = performance.now();
    cpuMs += bare.insert(rows);
    ms += performance.now() - from;
  }
  bare.close();
  return { perSecond: (count / ms) * 1000, cpuUs: (cpuMs * 1000) / count };
};

const keysAndValues = (count: number): number =>
  samples(0, count).reduce((sum, { key, value }) => sum + key.length + value.length, 0);

const measure = async ({ rounds, directory }: Scale, count: number): Promise<Measured> => {
  const synced: FirstSync[] = [];
  const bare: ReturnType<typeof bareInsert>[] = [];
  for (let round = 0; round < Math.min(rounds, MAX_ROUNDS); round += 1) {
    synced.push(await firstSync(join(directory, `stores-${round}`), count));
    bare.push(bareInsert(join(directory, `bare-${round}`), count));
  }
  const middle = (of: (one: FirstSync) => number): number => median(synced.map(of));
  return {
    perSecond: {
      value: middle(({ ms }) => (count / ms) * 1000),
      limit: median(bare.map(({ perSecond }) => perSecond)),
    },
    bytes: { value: middle(({ bytes }) => bytes), limit: keysAndValues(count) },
    peakMb: { value: middle(({ peakMb }) => peakMb), limit: middle(({ idleMb }) => idleMb) },
    cpuUs: {
      value: middle(({ cpuMsOfB }) => (cpuMsOfB * 1000) / count),
      limit: median(bare.map(({ cpuUs }) => cpuUs)),
    },
  };
};

/** All figures of one number of entries are taken from the same runs. */
const figuresOf = (count: number, isLong: boolean): Figure[] => {
  const shown = count.toLocaleString("en");
  const name = isLong ? `first-sync-${count / 1000}k` : "first-sync";
  let measured: Promise<Measured> | undefined;
  const figure = (
    suffix: string,
    part: keyof Measured,
    texts: Pick<Figure, "title" | "unit" | "limitTitle">,
    goal?: Goal,
  ): Figure => ({
    name: `${name}${suffix}`,
    ...texts,
    ...(goal && { goal }),
    isLong,
    measure: async (scale) => (await (measured ??= measure(scale, scale.of(count))))[part],
  });
  return [
    figure(
      "",
      "perSecond",
      {
        title: `first sync of ${shown} entries`,
        unit: "/s",
        limitTitle: "bare SQLite, 10,000 rows a transaction",
      },
      atLeast(0.7, "the same rows on bare SQLite"),
    ),
    figure("-cpu", "cpuUs", {
      title: "processor time of the receiving store per entry",
      unit: "us",
      limitTitle: "bare SQLite, processor time per row",
    }),
    figure(
      "-bytes",
      "bytes",
      {
        title: `bytes on the wire for ${shown} entries`,
        unit: "B",
        limitTitle: "their keys and values",
      },
      atMost(1.2, "keys and values"),
    ),
    figure(
      "-memory",
      "peakMb",
      {
        title: "peak memory of either store",
        unit: "MB",
        limitTitle: "a store that was just started",
      },
      atMostInAll(200, "MB"),
    ),
  ];
};

export const FIRST_SYNC: readonly Figure[] = [
  ...figuresOf(10_000, false),
  ...figuresOf(100_000, true),
];
