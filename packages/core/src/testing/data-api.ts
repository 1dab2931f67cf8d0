/** What the data suite asks of its subject, and what its cases share. */
import { collector, type Collector } from "./waiting.ts";

export interface DataEntry {
  readonly key: string;
  readonly value: unknown;
  /** Version token: opaque, and empty for a key that is absent. */
  readonly version: string;
  readonly conflict: boolean;
}

export interface DataSibling {
  readonly value: unknown;
  readonly version: string;
  readonly time: Date;
}

export interface DataRange {
  readonly prefix?: string;
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly limit?: number;
  readonly reverse?: boolean;
}

export interface DataWriteOptions {
  readonly ifVersion?: string;
}

export type DataOperation =
  | {
      readonly op: "put";
      readonly key: string;
      readonly value: unknown;
      readonly ifVersion?: string;
    }
  | { readonly op: "del"; readonly key: string; readonly ifVersion?: string };

/** The data methods of a client. */
export interface DataApi {
  /** Resolves with the entry's new version token. */
  put(key: string, value: unknown, options?: DataWriteOptions): Promise<string>;
  /** undefined when the key is absent. */
  get(key: string): Promise<unknown>;
  getEntry(key: string): Promise<DataEntry | undefined>;
  getMany(keys: readonly string[]): Promise<unknown[]>;
  del(key: string, options?: DataWriteOptions): Promise<void>;
  /** Resolves with each operation's new version token. */
  batch(operations: readonly DataOperation[]): Promise<string[]>;
  list(options: DataRange): Promise<DataEntry[]>;
  entries(options: DataRange): AsyncIterable<DataEntry>;
  /** Text watches a prefix. Called once per commit; a deleted key has the value undefined. */
  watch(
    prefixOrKey: string | { readonly key: string },
    listener: (changes: readonly DataEntry[]) => void,
  ): () => void;
  conflicts(key: string): Promise<DataSibling[]>;
  close(): Promise<void>;
}

export interface DataFactory {
  /** Each call: another client of the same namespace. */
  open(): Promise<DataApi>;
}

export interface DataCase {
  /** A sentence about behaviour. */
  readonly name: string;
  /** Needs a factory over a namespace that is empty. */
  readonly run: (factory: DataFactory) => Promise<void>;
}

/** A case with one client, closed afterwards. */
export const alone = (name: string, run: (client: DataApi) => Promise<void>): DataCase => ({
  name,
  async run(factory) {
    const client = await factory.open();
    try {
      await run(client);
    } finally {
      await client.close();
    }
  },
});

/** A case with two clients, closed afterwards. */
export const together = (
  name: string,
  run: (a: DataApi, b: DataApi, factory: DataFactory) => Promise<void>,
): DataCase => ({
  name,
  async run(factory) {
    const [a, b] = await Promise.all([factory.open(), factory.open()]);
    try {
      await run(a, b, factory);
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
  },
});

export const keysOf = (entries: readonly DataEntry[]): string[] => entries.map(({ key }) => key);

/** For sorting: the order of values as text. */
export const byText = (a: unknown, b: unknown): number =>
  String(a) < String(b) ? -1 : Number(String(a) > String(b));

/** Dates as marked text, for `equal`, which compares plain data only. */
export const comparable = (value: unknown): unknown => {
  if (value instanceof Date) return `Date ${value.getTime()}`;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  return new Map(Object.entries(value).map(([name, field]) => [name, comparable(field)]));
};

export interface Watched {
  /** The changes of each call. */
  readonly calls: Collector<readonly DataEntry[]>;
  readonly stop: () => void;
  /** Resolves once a change of this key to this value has been told. */
  sees(key: string, value: unknown): Promise<void>;
}

/**
 * Starts a watch and waits until it is in force, by means of a first change of its own: a watch may begin a moment after
 * the call, and what happens before it begins is nobody's promise. `probe` is a key the watch covers; it ends up deleted.
 */
export const watching = async (
  client: DataApi,
  target: string | { readonly key: string },
  probe: string,
): Promise<Watched> => {
  const calls = collector<readonly DataEntry[]>();
  const all: DataEntry[] = [];
  const stop = client.watch(target, (changes) => {
    all.push(...changes);
    calls.push(changes);
  });
  const sees = async (key: string, value: unknown): Promise<void> => {
    await calls.until(
      () => all.some((entry) => entry.key === key && entry.value === value),
      `a change of ${JSON.stringify(key)} to ${String(value)}`,
    );
  };
  await client.put(probe, "probe");
  await sees(probe, "probe");
  await client.del(probe);
  await sees(probe, undefined);
  return { calls, stop, sees };
};

/** The calls since the watch was found in force. */
export const since = (watched: Watched): (readonly DataEntry[])[] => watched.calls.items.slice(2);
