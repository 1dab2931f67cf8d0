/** The real store as a process of its own, and real clients of it. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { startChild, type Child } from "./child.ts";
import { rate } from "./measure.ts";
import { samples } from "./samples.ts";

/** The command line program as it is installed; it runs what was built last. */
const COMMAND = join(import.meta.dirname, "..", "packages", "store", "bin", "masq.js");
const APP_ID = "org.example.bench";
const BATCH = 1000;
/** Batches under way during an import. */
const BATCHES_UNDER_WAY = 4;

export interface StoreProcess extends Pick<Child<unknown>, "residentMb" | "peakMb" | "cpuMs"> {
  readonly connect: () => Promise<MasqClient>;
  /** Stops it; its data stay. */
  readonly stop: () => Promise<void>;
}

/** Starts a store on the data in `directory`. */
export const startStore = async (
  directory: string,
  syncService?: string,
): Promise<StoreProcess> => {
  const data = join(directory, "data");
  const args = ["start", "--json", "--port", "0", "--data-dir", data, "--allow", APP_ID];
  if (syncService !== undefined) args.push("--sync-service", syncService);
  const child = await startChild<{ port: number }>(COMMAND, args);
  const url = `ws://127.0.0.1:${child.ready.port}`;
  const clients: MasqClient[] = [];
  return {
    connect: async () => {
      const client = await MasqClient.connect({
        app: { name: "Bench", id: APP_ID },
        directory: mkdtempSync(join(directory, "app-")),
        store: { url },
        onConsent: () => {},
      });
      clients.push(client);
      return client;
    },
    residentMb: child.residentMb,
    peakMb: child.peakMb,
    cpuMs: child.cpuMs,
    stop: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await child.stop();
    },
  };
};

/** Runs `use` with a fresh store and one client of it. */
export const withStore = async <Result>(
  directory: string,
  use: (client: MasqClient, store: StoreProcess) => Promise<Result>,
): Promise<Result> => {
  const store = await startStore(directory);
  try {
    return await use(await store.connect(), store);
  } finally {
    await store.stop();
  }
};

/** Writes `count` entries in batches of 1,000; returns how many per second. */
export const importSamples = async (
  client: MasqClient,
  count: number,
  folder?: string,
): Promise<number> => {
  const batches = Math.ceil(count / BATCH);
  const perSecond = await rate(batches, BATCHES_UNDER_WAY, (batch) => {
    const entries = samples(batch * BATCH, Math.min(BATCH, count - batch * BATCH), folder);
    return client.batch(entries.map((entry) => ({ op: "put", ...entry })));
  });
  return (perSecond * count) / batches;
};
