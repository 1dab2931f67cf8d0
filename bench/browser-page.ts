/** What is timed in a page: a replica over the browser's storage, and bare IndexedDB beside it. Bundled; driven by browser.ts. */
import { encodeStamp, encodeValue, noblePrimitives, Replica, utf8 } from "@masq/core";
import type { Host, NamespaceId, ReplicaId } from "@masq/core";
import { MasqClient, type DeviceStatus } from "@masq/client";
import {
  type IndexedDbStorage,
  openIndexedDbStorage,
} from "../packages/client/src/peer-mode/indexed-db/index.ts";
import { latency } from "./measure.ts";
import { samples, type Sample } from "./samples.ts";

const NAMESPACE = "app:org.example.bench" as NamespaceId;
const WRITER = "00000000000000aa" as ReplicaId;

const host: Host = {
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    setTimer(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  },
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  crypto: noblePrimitives,
  generateKey: () => Promise.reject(new Error("no key is needed here")),
};

interface Opened {
  readonly storage: IndexedDbStorage;
  readonly replica: Replica;
}

const openReplica = async (name: string): Promise<Opened> => {
  const storage = await openIndexedDbStorage({ name, host });
  return { storage, replica: await Replica.open(host, storage, NAMESPACE) };
};

const remove = (name: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.addEventListener("success", resolve);
    request.addEventListener("error", () => reject(request.error));
  });

/** A bare database with one store; with an index by arrival number where asked for. */
const openBare = (name: string, isIndexed: boolean): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.addEventListener("upgradeneeded", () => {
      const store = request.result.createObjectStore("row", { keyPath: ["n", "k", "r", "c"] });
      if (isIndexed) store.createIndex("arrival", ["n", "a"], { unique: true });
    });
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });

const stampOf = (wall: number): Uint8Array =>
  encodeStamp({ hlc: { wall, tick: 0 }, index: 0, context: new Map() });

/** As the storage keeps it. */
const recordOf = ({ key, value }: Sample, counter: number): object => ({
  n: NAMESPACE,
  k: utf8(key),
  r: WRITER,
  c: counter,
  a: counter,
  s: stampOf(Date.now()),
  v: encodeValue(value),
});

/** Records in one strict transaction; resolves when it is complete. */
const putAll = (database: IDBDatabase, records: readonly object[]): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const transaction = database.transaction("row", "readwrite", { durability: "strict" });
    const store = transaction.objectStore("row");
    for (const record of records) store.put(record);
    transaction.addEventListener("complete", resolve);
    transaction.addEventListener("abort", () => reject(transaction.error));
    transaction.commit();
  });

const perSecond = async (count: number, action: () => Promise<void>): Promise<number> => {
  const start = performance.now();
  await action();
  return (count / (performance.now() - start)) * 1000;
};

/** Resolves with what `look` finds in what is known of the only other device. */
const ofOther = async <Found>(
  client: MasqClient,
  look: (other: DeviceStatus) => Found | undefined,
): Promise<Found> => {
  const { promise, resolve } = Promise.withResolvers<Found>();
  const take = ([other]: readonly DeviceStatus[]): void => {
    const found = other && look(other);
    if (found !== undefined) resolve(found);
  };
  const stop = client.on("status", ({ devices }) => take(devices));
  take(await client.devices());
  const found = await promise;
  stop();
  return found;
};

let longestTask = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration);
}).observe({ type: "longtask" });

let client: MasqClient | undefined;
let next = 0;
let puts: Opened | undefined;
let barePuts: IDBDatabase | undefined;

const page = {
  /** p50 of one write at a time through a replica, in us. */
  async put(times: number): Promise<number> {
    const { replica } = (puts ??= await openReplica("puts"));
    return latency(times, () => {
      const [{ key, value }] = samples((next += 1), 1) as [Sample];
      return replica.write([{ key, value: encodeValue(value) }]);
    });
  },

  /** p50 of one bare strict transaction with one record, in us. */
  async barePut(times: number): Promise<number> {
    const database = (barePuts ??= await openBare("bare puts", true));
    return latency(times, () => {
      const [sample] = samples((next += 1), 1) as [Sample];
      return putAll(database, [recordOf(sample, next)]);
    });
  },

  /** Versions per second that an empty replica takes in, in pages by key, as a first synchronisation sends them. */
  async merge(count: number, pageSize: number): Promise<number> {
    await remove("merge");
    const { storage, replica } = await openReplica("merge");
    const rate = await perSecond(count, async () => {
      for (let start = 0; start < count; start += pageSize) {
        const commits = samples(start, pageSize).map(({ key, value }, index) => {
          const hlc = { wall: Date.now(), tick: 0 };
          const context = new Map<ReplicaId, never>();
          const stamp = encodeStamp({ hlc, index: 0, context });
          const dot = { replica: WRITER, counter: start + index + 1 };
          return [{ key, dot, context, hlc, stamp, value: encodeValue(value) }];
        });
        await replica.merge({ commits, isPage: true }, []);
      }
    });
    await storage.close();
    return rate;
  },

  /** The same records put into a store of their own, in transactions of the same size. */
  async barePuts(count: number, pageSize: number, isIndexed: boolean): Promise<number> {
    await remove("bare");
    const database = await openBare("bare", isIndexed);
    const rate = await perSecond(count, async () => {
      for (let start = 0; start < count; start += pageSize) {
        const records = samples(start, pageSize).map((sample, index) =>
          recordOf(sample, start + index + 1),
        );
        await putAll(database, records);
      }
    });
    database.close();
    return rate;
  },

  /** Milliseconds until the first entry is read. */
  async open(key: string): Promise<number> {
    const start = performance.now();
    const { replica } = await openReplica("merge");
    await replica.get(key);
    return performance.now() - start;
  },

  /** Milliseconds until a bare database is open. */
  async bareOpen(): Promise<number> {
    const start = performance.now();
    await openBare("bare", true);
    return performance.now() - start;
  },

  /** This page as an app that holds its data itself. */
  async connect(syncService: string): Promise<void> {
    client = await MasqClient.connect({ app: { name: "Bench" }, mode: "peer", syncService });
  },

  async join(link: string): Promise<void> {
    await this.client.pairing.accept(link, { confirm: () => true });
  },

  async parted(): Promise<void> {
    await ofOther(this.client, ({ connected }) => (connected ? undefined : true));
  },

  /** Resolves when this page has what the other has; with the wall time of that, and its longest task above 50 ms. */
  async verified(): Promise<{ readonly verifiedAt: number; readonly longestTaskMs: number }> {
    longestTask = 0;
    const verifiedAt = await ofOther(this.client, ({ connected, verifiedSince, toReceive }) =>
      connected && toReceive === 0 ? verifiedSince?.getTime() : undefined,
    );
    return { verifiedAt, longestTaskMs: await this.longestTaskMs() };
  },

  /** Of those above 50 ms so far; 0 when there was none. */
  async longestTaskMs(): Promise<number> {
    // What was observed last is told in a task of its own.
    await new Promise((resolve) => setTimeout(resolve));
    return longestTask;
  },

  get client(): MasqClient {
    if (client === undefined) throw new Error("connect first");
    return client;
  },
};

export type BenchPage = typeof page;

Object.assign(globalThis, { benchPage: page });
