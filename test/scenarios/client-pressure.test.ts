/** An app that does not wait: many writes under way, one key written again and again, reads in between, a store that goes. */
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const APP_ID = "org.example.pressure";
const directory = temporaryDirectory();
const data = join(directory, "store");

let store: StoreProcess;
let opened = 0;

const connect = (folder = `app-${(opened += 1)}`): Promise<MasqClient> =>
  MasqClient.connect({
    app: { name: "Pressure", id: APP_ID },
    directory: join(directory, folder),
    store: { url: store.url },
    onConsent: () => {},
  });

beforeAll(async () => {
  store = await startStoreProcess({ directory: data, allow: [APP_ID] });
});

afterAll(() => store.stop());

describe("an app that does not wait", () => {
  it("can write one key without end, as a slider does, and never conflicts with itself", async () => {
    await using client = await connect();
    const underWay = new Set<Promise<unknown>>();
    for (let turn = 0; turn < 3000; turn += 1) {
      const put = client.put("slider", turn).finally(() => underWay.delete(put));
      underWay.add(put);
      if (underWay.size >= 24) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    await Promise.all(Array.from({ length: 1000 }, (_, turn) => client.put("slider", turn)));
    await client.put("slider", "last");
    expect(await client.getEntry("slider")).toMatchObject({ value: "last", conflict: false });
  });

  it("reads behind thousands of its own writes what they wrote", async () => {
    await using client = await connect();
    const writes = Array.from({ length: 5000 }, (_, index) => client.put(`many/${index}`, index));
    expect(await client.get("many/4999")).toBe(4999);
    expect(await client.getMany(["many/0", "many/2500", "many/4998"])).toEqual([0, 2500, 4998]);
    await Promise.all(writes);
  });

  it("keeps tens of thousands of writes over a restart, each applied once", async () => {
    await using client = await connect();
    const writes = Array.from({ length: 30_000 }, (_, index) =>
      client.put(`heap/${index % 1000}`, index),
    );
    await store.kill();
    store = await startStoreProcess({ directory: data, port: store.port, allow: [APP_ID] });
    await Promise.all(writes);
    const entries = await client.list({ prefix: "heap/" });
    expect(entries).toHaveLength(1000);
    const wrong = entries.filter(({ value, conflict }) => conflict || (value as number) < 29_000);
    expect(wrong).toEqual([]);
  });
});

describe("an app's own mistakes", () => {
  it("a listener that throws does not end the connection", async () => {
    const client = await connect();
    const surfaced: unknown[] = [];
    const listen = (error: unknown): void => void surfaced.push(error);
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", listen);
    client.on("status", () => {
      throw new Error("mine");
    });
    await store.stop();
    store = await startStoreProcess({ directory: data, port: store.port, allow: [APP_ID] });
    expect(await client.get("slider")).toBe("last");
    await client.close();
    process.off("uncaughtException", listen);
    for (const other of others) process.on("uncaughtException", other);
    expect(surfaced.length).toBeGreaterThan(0);
  });

  it("an onConsent that throws rejects connect with what it threw", async () => {
    const connecting = MasqClient.connect({
      app: { name: "Throws", id: APP_ID },
      directory: join(directory, "throws"),
      store: { url: store.url },
      onConsent: () => {
        throw new Error("mine");
      },
    });
    await expect(connecting).rejects.toThrow("mine");
  });

  it("connecting twice at once makes one key and one grant", async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect("together")));
    await Promise.all(clients.map((client) => client.close()));
    await using again = await connect("together");
    expect(await again.get("slider")).toBe("last");
  });

  it("giving up connecting by a signal says so", async () => {
    const options = {
      app: { name: "Gives up", id: "org.example.unknown" },
      directory: join(directory, "gives-up"),
      store: { url: store.url },
    };
    await expect(
      MasqClient.connect({ ...options, signal: AbortSignal.abort(), onConsent: () => {} }),
    ).rejects.toMatchObject({ code: "MASQ_ABORTED" });
    const giveUp = new AbortController();
    const waiting = MasqClient.connect({
      ...options,
      signal: giveUp.signal,
      onConsent: () => giveUp.abort(),
    });
    await expect(waiting).rejects.toMatchObject({ code: "MASQ_ABORTED" });
  });
});
