/** The store goes away and comes back while apps use it. */
import { join } from "node:path";
import { MasqClient, type Entry, type Status } from "@masq/client";
import { collector } from "@masq/core/testing";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const APP_ID = "org.example.restart";
const directory = temporaryDirectory();
const data = join(directory, "store");

let store: StoreProcess;
let opened = 0;

const restart = async (): Promise<void> => {
  store = await startStoreProcess({ directory: data, port: store.port, allow: [APP_ID] });
};

const connect = (patienceMs?: number): Promise<MasqClient> =>
  MasqClient.connect({
    app: { name: "Restart", id: APP_ID },
    directory: join(directory, `app-${(opened += 1)}`),
    store: { url: store.url },
    patienceMs,
    onConsent: () => {},
  });

/** Resolves when the client's status next says `connected`. */
const statusBecomes = (client: MasqClient, connected: boolean): Promise<Status> =>
  new Promise((resolve) => {
    const stop = client.on("status", (status) => {
      if (status.connected !== connected) return;
      stop();
      resolve(status);
    });
  });

beforeAll(async () => {
  store = await startStoreProcess({ directory: data, allow: [APP_ID] });
});

afterAll(() => store.stop());

describe("while the store is away", () => {
  it("calls wait and are carried out in order when it is back", async () => {
    await using client = await connect();
    await client.put("list/0", "before");
    const away = statusBecomes(client, false);
    await store.stop();
    await away;
    const writes = [
      client.put("list/1", 1),
      client.put("list/1", 2),
      client.del("list/0"),
      client.put("list/2", 3),
    ];
    const read = client.list({ prefix: "list/" });
    await restart();
    await Promise.all(writes);
    expect((await read).every(({ conflict }) => !conflict)).toBe(true);
    expect(
      (await client.list({ prefix: "list/" })).map(({ key, value, conflict }) => [
        key,
        value,
        conflict,
      ]),
    ).toEqual([
      ["list/1", 2, false],
      ["list/2", 3, false],
    ]);
  });

  it("a watch misses nothing that others write as soon as it is back", async () => {
    await using watcher = await connect();
    await using writer = await connect();
    const seen = collector<Entry>();
    watcher.watch("seen/", (changes) => changes.forEach((change) => seen.push(change)));
    await watcher.get("seen/none");
    await writer.put("seen/first", 0);
    await seen.until(() => seen.items.length === 1, "the first change");
    await store.kill();
    const writes = Array.from({ length: 500 }, (_, index) => writer.put(`seen/${index}`, index));
    await restart();
    await Promise.all(writes);
    await seen.until(() => new Set(seen.items.map(({ key }) => key)).size === 501, "all 501 keys");
    const listed = await writer.list({ prefix: "seen/" });
    const last = new Map(seen.items.map((entry) => [entry.key, entry.version]));
    expect(listed.map(({ key, version }) => [key, version])).toEqual(
      listed.map(({ key }) => [key, last.get(key)]),
    );
  });

  it("a call that ran out of patience says whether it may have been applied", async () => {
    await using client = await connect(300);
    await client.put("patience", 0);
    const away = statusBecomes(client, false);
    await store.stop();
    await away;
    await expect(client.get("patience")).rejects.toMatchObject({ code: "MASQ_STORE_UNREACHABLE" });
    await expect(client.put("patience", 1)).rejects.toMatchObject({
      code: "MASQ_STORE_UNREACHABLE",
    });
    const back = statusBecomes(client, true);
    await restart();
    await back;
    expect(await client.get("patience")).toBe(0);
  });

  it("a call can be given up by its signal", async () => {
    await using client = await connect();
    const away = statusBecomes(client, false);
    await store.stop();
    await away;
    const giveUp = new AbortController();
    const calls = [
      client.get("key", { signal: giveUp.signal }),
      client.put("given-up", 1, { signal: giveUp.signal }),
    ];
    giveUp.abort();
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "MASQ_ABORTED" });
    await restart();
    expect(await client.get("given-up")).toBeUndefined();
  });

  it("a client that is closed meanwhile rejects what waits", async () => {
    const client = await connect();
    const away = statusBecomes(client, false);
    await store.stop();
    await away;
    const calls = [client.get("key"), client.put("key", 1)];
    await client.close();
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "MASQ_CLOSED" });
    await restart();
  });
});
