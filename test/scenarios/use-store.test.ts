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

const opened = async (opening: Promise<MasqClient>): Promise<MasqClient> => {
  const client = await opening;
  open.push(client);
  return client;
};

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
    app: (over = {}) => opened(openPeer(own, service.url, { store: { url: store.url }, ...over })),
  };
};

interface Change {
  readonly key: string;
  readonly value: unknown;
}

const watchAll = (client: MasqClient): Collector<Change> => {
  const seen = collector<Change>();
  client.watch("", (changes) => {
    for (const { key, value } of changes) seen.push({ key, value });
  });
  return seen;
};

const contents = async (client: MasqClient): Promise<unknown> =>
  (await client.list()).map(({ key, value, version, conflict }) => [key, value, version, conflict]);

const useStore = (client: MasqClient): Promise<UseStoreResult> =>
  client.useStore({ onConsent: () => {} });

describe("an app that holds its data itself", () => {
  it("gives them to a store once, with their versions and conflicts, and goes on there", async () => {
    const { app } = await computer();
    const client = await app();
    const elsewhere = join(temporaryDirectory(), "phone");
    const phone = await openPeer(elsewhere, service.url);
    await client.put("place", "home");
    await pairPeers(client, phone);
    await whenValue(phone, "place", (value) => value === "home");
    await phone.close();
    await client.put("place", "mine");
    const away = await openPeer(elsewhere, undefined);
    await away.put("place", "theirs");
    await away.close();
    const again = await opened(openPeer(elsewhere, service.url));
    await again.put("met", 1, { until: "device" });
    await client.batch([
      { op: "put", key: "gone", value: 1 },
      { op: "put", key: "list/1", value: new Date(0) },
    ]);
    await client.del("gone", { until: "device" });
    expect(await client.conflicts("place")).toHaveLength(2);
    const before = await contents(client);
    const seen = watchAll(client);

    const told: string[] = [];
    client.on("status", ({ mode }) => told.push(mode));
    expect(await useStore(client)).toEqual({ used: true });
    expect(client.mode).toBe("store");
    expect(told).toContain("store");
    expect(await contents(client)).toEqual(before);
    expect(await client.conflicts("place")).toHaveLength(2);
    expect(await useStore(client)).toEqual({ used: true });
    // What the app itself has kept beside the store is no other device: only the phone is.
    expect((await client.status()).devices).toHaveLength(1);

    // The watch goes on: the first that it hears is the first that is new.
    await client.put("after", 1);
    const heard = await seen.until((items) => items.length > 0, "a change");
    expect(heard).toEqual([{ key: "after", value: 1 }]);

    // The other device learns of the store by the app's device log.
    await whenValue(again, "after", (value) => value === 1);
    await client.close();
    await again.put("from/phone", 2);
    const later = await app({ mode: "auto" });
    expect(later.mode).toBe("store");
    await whenValue(later, "from/phone", (value) => value === 2);
  });

  it("applies the writes made meanwhile once, and tells each once, in every client", async () => {
    const { app } = await computer();
    const [client, second] = [await app(), await app()];
    const seen = watchAll(second);
    const written: string[] = [];
    const writing: Promise<unknown>[] = [];
    /** Some before, some while the calls are held, some after. */
    const write = async (own: MasqClient, name: string): Promise<void> => {
      for (let n = 0; n < 30; n += 1) {
        const key = `${name}/${written.length}`;
        written.push(key);
        await own.put(key, n, { ifVersion: "" });
      }
    };
    const onProgress = (): void => {
      writing.push(write(client, "one"), write(second, "two"));
    };
    expect(await client.useStore({ onConsent: () => {}, onProgress })).toEqual({ used: true });
    await whenMode(second, "store");
    await Promise.all(writing);
    expect(written.length).toBeGreaterThan(30);
    const keys = (await client.list()).map(({ key }) => key);
    expect(keys.toSorted()).toEqual(written.toSorted());
    await second.put("last", 1);
    const heard = await seen.until((items) => items.some(({ key }) => key === "last"), "the last");
    expect(heard.map(({ key }) => key).toSorted()).toEqual([...written, "last"].toSorted());
  });

  it("finishes at its next start what was given up in the middle, and has its data until then", async () => {
    const { app } = await computer();
    const client = await app();
    await client.put("own", 1);
    const given = new AbortController();
    const using = client.useStore({
      onConsent: () => {},
      onProgress: () => given.abort(),
      signal: given.signal,
    });
    await expect(using).rejects.toMatchObject({ code: "MASQ_ABORTED" });
    expect(client.mode).toBe("peer");
    await client.put("goes on", 2);
    await client.close();
    const later = await app({ mode: "auto" });
    expect(await later.get("goes on")).toBe(2);
    await whenMode(later, "store");
    expect((await later.list()).map(({ key }) => key)).toEqual(["goes on", "own"]);
  });

  it("tells a device that was away of the store at a later start", async () => {
    const { app } = await computer();
    const client = await app();
    const elsewhere = join(temporaryDirectory(), "phone");
    const phone = await openPeer(elsewhere, service.url);
    await pairPeers(client, phone);
    await client.put("met", 1, { until: "device" });
    await phone.close();
    expect(await useStore(client)).toEqual({ used: true });
    await client.close();

    const later = await app({ mode: "auto" });
    expect(later.mode).toBe("store");
    await later.put("from/computer", 1);
    const back = await opened(openPeer(elsewhere, service.url));
    await whenValue(back, "from/computer", (value) => value === 1);
    await back.put("from/phone", 2);
    await whenValue(later, "from/phone", (value) => value === 2);
  });

  it("goes on by itself when access is withdrawn, loses nothing, and may ask again", async () => {
    const { app, cli } = await computer([]);
    const client = await app();
    await client.put("own", 1);
    const asked = Promise.withResolvers<string>();
    const using = client.useStore({ onConsent: ({ code }) => asked.resolve(code) });
    await asked.promise;
    expect((await cli("apps", "allow", APP, "--yes")).code).toBe(0);
    expect(await using).toEqual({ used: true });
    await client.put("in the store", 2);
    expect(await cli.json("devices")).toMatchObject({ apps: [{ app: APP }] });
    const back = whenMode(client, "peer");
    await cli.json("apps", "revoke", APP);
    await back;
    // What came by the access alone goes with it: no device of the app is met any more.
    expect(await cli.json("devices")).toMatchObject({ apps: [] });
    expect((await client.status()).noStore).toBe("revoked");
    expect(await client.get("own")).toBe(1);
    await client.put("by itself", 3);
    await client.close();

    const later = await app({ mode: "auto" });
    expect(later.mode).toBe("peer");
    expect(await later.get("by itself")).toBe(3);
    const asking = Promise.withResolvers<void>();
    const anew = later.useStore({ onConsent: () => asking.resolve() });
    await asking.promise;
    expect((await cli("apps", "allow", APP, "--yes")).code).toBe(0);
    expect(await anew).toEqual({ used: true });
    expect((await later.list()).map(({ key, value }) => [key, value])).toEqual([
      ["by itself", 3],
      ["in the store", 2],
      ["own", 1],
    ]);
    expect((await later.status()).noStore).toBeUndefined();
  });

  it("is told why there is no store to use, and goes on", async () => {
    const { app, cli, store } = await computer([]);
    const client = await app();
    const asked = Promise.withResolvers<void>();
    const using = client.useStore({ onConsent: () => asked.resolve() });
    await asked.promise;
    expect((await cli("apps", "deny", APP)).code).toBe(0);
    expect(await using).toEqual({ used: false, reason: "refused-by-user" });
    expect(await client.status()).toMatchObject({ mode: "peer", noStore: "refused-by-user" });
    await store.stop();
    expect(await useStore(client)).toEqual({ used: false, reason: "absent" });
    const given = AbortSignal.abort();
    await expect(client.useStore({ onConsent: () => {}, signal: given })).rejects.toMatchObject({
      code: "MASQ_ABORTED",
    });
    await client.put("goes", "on");
    expect(await client.get("goes")).toBe("on");
  });
});

const whenMode = async (client: MasqClient, wanted: MasqClient["mode"]): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = client.on("status", ({ mode }) => mode === wanted && resolve());
  if (client.mode === wanted) resolve();
  await promise;
  stop();
};
