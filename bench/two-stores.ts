/** Two real stores that their owner has paired by a link, and the sync service they meet at, each a process of its own. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DeviceStatus, MasqClient } from "@masq/client";
import { pairStores } from "@masq/store/testing";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { startStore, type StoreProcess } from "./store-process.ts";
import { openTap, type Tap } from "./tap.ts";

/** One of them, and the app connected to it. */
export interface Side {
  readonly store: StoreProcess;
  readonly client: MasqClient;
}

export class TwoStores {
  readonly tap: Tap;
  readonly #directory: string;
  readonly #service: SyncServiceProcess;
  readonly #sides = new Map<"a" | "b", Side>();

  private constructor(directory: string, service: SyncServiceProcess, tap: Tap) {
    this.#directory = directory;
    this.#service = service;
    this.tap = tap;
  }

  /** Runs `use` with two paired stores that hold nothing. */
  static async with<Result>(
    directory: string,
    use: (stores: TwoStores) => Promise<Result>,
  ): Promise<Result> {
    const service = await startSyncServiceProcess();
    const stores = new TwoStores(directory, service, await openTap(service.port));
    try {
      await stores.start("a");
      await stores.start("b");
      await pairStores(join(directory, "a", "data"), join(directory, "b", "data"));
      return await use(stores);
    } finally {
      await stores.#stopAll();
    }
  }

  get a(): Side {
    return this.#sides.get("a") as Side;
  }

  get b(): Side {
    return this.#sides.get("b") as Side;
  }

  async start(name: "a" | "b"): Promise<Side> {
    const directory = join(this.#directory, name);
    mkdirSync(directory, { recursive: true });
    const store = await startStore(directory, this.tap.url);
    const side = { store, client: await store.connect() };
    this.#sides.set(name, side);
    return side;
  }

  async stop(name: "a" | "b"): Promise<void> {
    await this.#sides.get(name)?.store.stop();
    this.#sides.delete(name);
  }

  /** Resolves when both know that they hold the same; with the wall time of the later. */
  async verified(): Promise<number> {
    return Math.max(await verifiedSince(this.a.client), await verifiedSince(this.b.client));
  }

  /** Pulls the cable and waits until both have noticed. */
  async part(): Promise<void> {
    this.tap.setOpen(false);
    for (const { client } of [this.a, this.b]) await statusOf(client, isApart);
  }

  /** Plugs it in again and waits until both hold the same; returns what that took. */
  async meet(): Promise<Meeting> {
    const { tap, a, b } = this;
    tap.forget();
    const [beforeA, beforeB] = [a.store.cpuMs(), b.store.cpuMs()];
    tap.setOpen(true);
    const end = await this.verified();
    const start = Math.max(...tap.wires.map(({ openedAt }) => openedAt));
    return {
      ms: end - start,
      bytes: Math.max(...tap.wires.map(({ bytes }) => bytes)),
      cpuMsOfA: a.store.cpuMs() - beforeA,
      cpuMsOfB: b.store.cpuMs() - beforeB,
    };
  }

  async #stopAll(): Promise<void> {
    for (const name of ["a", "b"] as const) await this.stop(name);
    await this.tap.stop();
    await this.#service.stop();
  }
}

export interface Meeting {
  /** From the connection of the later store to the sync service until both have verified. */
  readonly ms: number;
  /** Of one store, both directions. */
  readonly bytes: number;
  /** Processor time. */
  readonly cpuMsOfA: number;
  readonly cpuMsOfB: number;
}

const isApart = (device: DeviceStatus): true | undefined => (device.connected ? undefined : true);

const verifiedSince = async (client: MasqClient): Promise<number> =>
  statusOf(client, (device) =>
    device.toSend === 0 && device.toReceive === 0 ? device.verifiedSince?.getTime() : undefined,
  );

/** Waits until `look` finds what it looks for in what is known of the only other device. */
const statusOf = async <Found>(
  client: MasqClient,
  look: (device: DeviceStatus) => Found | undefined,
): Promise<Found> => {
  const { promise, resolve } = Promise.withResolvers<Found>();
  const take = ([device]: readonly DeviceStatus[]): void => {
    const found = device && look(device);
    if (found !== undefined) resolve(found);
  };
  const stop = client.on("status", ({ devices }) => take(devices));
  take((await client.status()).devices);
  const found = await promise;
  stop();
  return found;
};
