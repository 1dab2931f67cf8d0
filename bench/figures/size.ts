/** What a large store costs: the time until its first read, and the memory it keeps resident. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import {
  decodeReplicaState,
  encodeReplicaState,
  encodeStamp,
  encodeValue,
  Replica,
} from "@masq/core";
import type { NamespaceId, Row } from "@masq/core";
import { nodeHost } from "@masq/node";
import { DATABASE_KEY_BYTES, openSqliteStorage } from "@masq/node/sqlite";
import { startChild } from "../child.ts";
import { atMostInAll, atMostOver, type Figure } from "../figure.ts";
import { interleaved, rate } from "../measure.ts";
import { startEcho } from "../platform.ts";
import { keyOf, randomIndex, samples } from "../samples.ts";
import { importSamples, startStore } from "../store-process.ts";

const NAMESPACE = "app:org.example.bench" as NamespaceId;
const OPENED_ENTRIES = 1_000_000;
const KEPT_ENTRIES = 200_000;
const READ_ENTRIES = 20_000;
const FILL_STEP = 20_000;

/** A database with `count` entries, written in large steps straight into the storage. */
const filledDatabase = async (file: string, key: Uint8Array, count: number): Promise<void> => {
  const storage = await openSqliteStorage({ file, key });
  const { id } = await Replica.open(nodeHost, storage, NAMESPACE);
  const stamp = encodeStamp({
    hlc: { wall: Date.now(), tick: 0 },
    index: 0,
    context: new Map(),
  });
  for (let start = 0; start < count; start += FILL_STEP) {
    const add = samples(start, Math.min(FILL_STEP, count - start)).map(
      ({ key: name, value }, index): Row => ({
        key: name,
        replica: id,
        counter: start + index + 1,
        arrival: start + index + 1,
        stamp,
        value: encodeValue(value),
      }),
    );
    await storage.update(NAMESPACE, {}, ({ state }) => {
      if (state === undefined) throw new Error("the replica was opened above");
      const reached = start + add.length;
      const vector = new Map([[id, reached]]);
      const next = { ...state, counter: reached, arrival: reached, entries: reached, vector };
      return { add, state: decodeReplicaState(encodeReplicaState(next)), result: undefined };
    });
  }
  await storage.close();
};

const firstRead = async (file: string, key: Uint8Array, entry: string): Promise<number> => {
  const hex = Buffer.from(key).toString("hex");
  const script = join(import.meta.dirname, "..", "open-child.ts");
  const child = await startChild<{ ms: number }>(script, [file, hex, NAMESPACE, entry]);
  await child.stop();
  return child.ready.ms;
};

const open: Figure = {
  name: "open",
  title: "open with 1,000,000 entries until the first read",
  unit: "ms",
  limitTitle: "an empty database",
  goal: atMostOver(10, "ms", "an empty database"),
  measure: async ({ rounds, of, directory }) => {
    const key = randomBytes(DATABASE_KEY_BYTES);
    const full = join(directory, "full.db");
    const empty = join(directory, "empty.db");
    const count = of(OPENED_ENTRIES);
    await filledDatabase(full, key, count);
    await filledDatabase(empty, key, 0);
    return interleaved(rounds, {
      value: () => firstRead(full, key, keyOf(randomIndex(count))),
      limit: () => firstRead(empty, key, keyOf(0)),
    });
  },
};

const memory: Figure = {
  name: "memory",
  title: "memory with 200,000 entries after 20,000 reads",
  unit: "MB",
  limitTitle: "an idle Node process with ws",
  goal: atMostInAll(130, "MB"),
  measure: async ({ of, directory }) => {
    const entries = of(KEPT_ENTRIES);
    const filling = await startStore(directory);
    await importSamples(await filling.connect(), entries);
    await filling.stop();
    // A store as it is found on most days: filled long ago, started and read.
    const store = await startStore(directory);
    const client = await store.connect();
    await rate(of(READ_ENTRIES), 64, () => client.get(keyOf(randomIndex(entries))));
    const value = store.residentMb();
    await store.stop();
    const echo = await startEcho();
    const limit = echo.residentMb();
    await echo.stop();
    return { value, limit };
  },
};

export const SIZE: readonly Figure[] = [open, memory];
