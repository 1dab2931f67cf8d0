/** An app that holds its data itself gives them to the store of its computer, goes on there, and comes back. */
import { join } from "node:path";
import { MasqClient, type ConnectOptions, type UseStoreResult } from "@masq/client";
import { collector, type Collector } from "@masq/core/testing";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { APP_ID, openPeer, pairPeers, whenValue } from "../support/peers.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { cliFor, type Cli } from "./masq-process.ts";

const APP = `app:${APP_ID}`;
let service: SyncServiceProcess;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  service = await startSyncServiceProcess();
});
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});
afterAll(() => service.stop());

interface Computer {
  readonly store: StoreProcess;
  readonly cli: Cli;
  /** An app of this computer that knows of the store's address. */
  readonly app: (over?: Partial<ConnectOptions>) => Promise<MasqClient>;
}

const computer = async (allow: readonly string[] = [APP_ID]): Promise<Computer> => {
  const directory = join(temporaryDirectory(), "store");
  const own = join(temporaryDirectory(), "app");
  const store = await startStoreProcess({ directory, allow });
  open.push({ close: () => store.stop() });
  return {
    store,
    cli: cliFor(directory),
    app: async (over = {}) => {
      const client = await openPeer(own, service.url, { store: { url: store.url }, ...over });
      open.push(client);
      return client;
    },
  };
};

interface Change {
  readonly key: string;
  readonly value: unknown;
}

const watchAll = (client: MasqClient): Collector<readonly Change[]> => {
  const seen = collector<readonly Change[]>();
  client.watch("", (changes) => seen.push(changes.map(({ key, value }) => ({ key, value }))));
  return seen;
};

const contents = async (client: MasqClient): Promise<unknown> =>
  (await client.list()).map(({ key, value, version, conflict }) => [key, value, version, conflict]);

const useStore = (client: MasqClient): Promise<UseStoreResult> =>
  client.useStore({ onConsent: () => {} });

describe("an app that holds its data itself", () => {
  it("gives them to a store once, with their versions and conflicts, and goes on there", async () => {
    const { app, cli } = await computer();
    const client = await app();
    const phone = await openPeer(join(temporaryDirectory(), "phone"), service.url);
    open.push(phone);
    await client.put("place", "home");
    await pairPeers(client, phone);
    await whenValue(phone, "place", (value) => value === "home");
    await phone.close();
    await client.put("place", "mine");
    const away = await openPeer(join(temporaryDirectory(), "phone"), undefined);
    await away.put("place", "theirs");
    await away.close();
    const again = await openPeer(join(temporaryDirectory(), "phone"), service.url);
    open.push(again);
    await whenValue(client, "place", () => true);
    await client.put("met", 1, { until: "device" });
    await client.batch([
      { op: "put", key: "gone", value: 1 },
      { op: "put", key: "list/1", value: new Date(0) },
    ]);
    await client.del("gone");
    expect(await client.conflicts("place")).toHaveLength(2);
    const before = await contents(client);
    const seen = watchAll(client);
    await client.get("place");

    const told: string[] = [];
    client.on("status", ({ mode }) => told.push(mode));
    expect(await useStore(client)).toEqual({ used: true });
    expect(client.mode).toBe("store");
    expect(told).toContain("store");
    expect(await contents(client)).toEqual(before);
    expect(await client.conflicts("place")).toHaveLength(2);
    expect(await useStore(client)).toEqual({ used: true });

    // The watch goes on: the first that it hears is the first that is new.
    await client.put("after", 1);
    expect(await seen.next()).toEqual([{ key: "after", value: 1 }]);
    const { out } = await cli("data", "keys", APP, "--json");
    expect(out).toContain("after");
    expect(out).not.toContain("gone");

    // The other device learns of the store by the app's device log.
    await whenValue(again, "after", (value) => value === 1);
    await client.close();
    await again.put("from/phone", 2, { until: "device" });
    const later = await app({ mode: "auto" });
    expect(later.mode).toBe("store");
    await whenValue(later, "from/phone", (value) => value === 2);
  });
});
