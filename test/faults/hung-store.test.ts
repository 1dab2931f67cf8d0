/** A store that hangs while its connections stay open, or that comes and goes: no call waits without end for it. */
import { join } from "node:path";
import { MasqClient, type ConnectOptions, type Status } from "@masq/client";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startBetween } from "../support/between.ts";
import { codeOf, joinAsAdmin, requestOf, within } from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const APP_ID = "org.example.patient";
const directory = temporaryDirectory();
const data = join(directory, "store");

let store: StoreProcess;

const connect = async (
  patienceMs: number,
  options: Partial<ConnectOptions> = {},
): Promise<MasqClient> => {
  const client = await MasqClient.connect({
    app: { name: "Patient", id: APP_ID },
    directory: join(directory, "app"),
    store: { url: store.url },
    patienceMs,
    onConsent: () => {},
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
};

/** Resolves when the client's status next says `connected`. */
const statusBecomes = (client: MasqClient, connected: boolean): Promise<Status> =>
  within(
    30_000,
    connected ? "a connection" : "the end of the connection",
    new Promise((resolve) => {
      const stop = client.on("status", (status) => {
        if (status.connected !== connected) return;
        stop();
        resolve(status);
      });
    }),
  );

/** The store's process stands still, with all its sockets open, until it is woken or the test ends. */
const freeze = (): (() => void) => {
  const wake = (): void => void process.kill(store.pid, "SIGCONT");
  process.kill(store.pid, "SIGSTOP");
  onTestFinished(wake);
  return wake;
};

beforeAll(async () => {
  store = await startStoreProcess({ directory: data, allow: [APP_ID] });
});

afterAll(() => store.stop());

describe("a store that hangs", () => {
  it("costs calls no more than their patience, and serves again when it is back", async () => {
    const client = await connect(1000);
    await client.put("frozen", 0);
    const wake = freeze();
    const onWire = [client.get("frozen"), client.put("frozen", 1)].map(codeOf);
    const away = statusBecomes(client, false);
    expect(await Promise.all(onWire)).toEqual(["MASQ_STORE_UNREACHABLE", "MASQ_OUTCOME_UNKNOWN"]);
    await away;
    expect(await codeOf(client.put("frozen", 2))).toBe("MASQ_STORE_UNREACHABLE");
    const back = statusBecomes(client, true);
    wake();
    await back;
    // Applied or not, but whole, and what was given up unsent is not applied later.
    expect([0, 1]).toContain(await client.get("frozen"));
    await client.put("frozen", 3);
    expect(await client.getEntry("frozen")).toMatchObject({ value: 3, conflict: false });
  });

  it("applies each write once that was under way, when it is back in time", async () => {
    const client = await connect(8000);
    await client.put("create/ready", 0);
    const wake = freeze();
    // A second application would find the key there and be refused.
    const writes = Array.from({ length: 200 }, (_, index) =>
      client.put(`create/${index}`, index, { ifVersion: "" }),
    );
    const changes = Array.from({ length: 50 }, (_, index) => client.put("create/ready", index));
    await statusBecomes(client, false);
    wake();
    await Promise.all([...writes, ...changes]);
    const entries = await client.list({ prefix: "create/" });
    expect(entries).toHaveLength(201);
    expect(entries.filter(({ conflict }) => conflict)).toEqual([]);
    expect(await client.get("create/ready")).toBe(49);
  });

  it("is given up by an app that only connects, too", async () => {
    await (await connect(1000)).close();
    const between = await startBetween(store.port, (_, frame) => (frame < 2 ? "pass" : "hold"));
    expect(await codeOf(connect(500, { store: { url: between.url } }))).toBe(
      "MASQ_STORE_UNREACHABLE",
    );
  });

  it("is tried again when it falls silent while a client comes back", async () => {
    const between = await startBetween(store.port, (connection, frame) =>
      connection === 2 && frame === 2 ? "hold" : "pass",
    );
    const client = await connect(8000, { store: { url: between.url } });
    await client.put("silent", 1);
    const away = statusBecomes(client, false);
    between.drop();
    await away;
    expect(await client.get("silent")).toBe(1);
    expect(between.connections).toBeGreaterThan(2);
  });

  it("is not taken to hang while its owner thinks about a request for access", async () => {
    const ID = "org.example.thinker";
    const asked = Promise.withResolvers<string>();
    const connecting = connect(100, {
      app: { name: "Thinker", id: ID },
      directory: join(directory, "thinker"),
      onConsent: ({ code }) => asked.resolve(code),
    });
    const code = await asked.promise;
    // Meanwhile others run out of a patience as short several times over.
    const between = await startBetween(store.port, (_, frame) => (frame < 2 ? "pass" : "hold"));
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await codeOf(connect(100, { store: { url: between.url } }))).toBe(
        "MASQ_STORE_UNREACHABLE",
      );
    }
    const admin = await joinAsAdmin(data, store.port);
    await requestOf(admin, `app:${ID}`);
    await admin.call("admin.allow", [`app:${ID}`, code]);
    await admin.close();
    await (await connecting).put("thought", 1);
  });
});

describe("a store that comes and goes", () => {
  it("costs calls no more than their patience, and is not besieged meanwhile", async () => {
    let isFlapping = false;
    const between = await startBetween(store.port, (_, frame) =>
      isFlapping && frame > 2 ? "drop" : "pass",
    );
    const client = await connect(2000, { store: { url: between.url } });
    await client.put("flapping", 0);
    isFlapping = true;
    expect(
      await Promise.all([client.get("flapping"), client.put("flapping", 1)].map(codeOf)),
    ).toEqual(["MASQ_STORE_UNREACHABLE", "MASQ_OUTCOME_UNKNOWN"]);
    // Each attempt waits up to twice as long as the one before: without that there would be a hundred.
    expect(between.connections).toBeLessThan(40);
    const back = statusBecomes(client, true);
    isFlapping = false;
    await back;
    expect(await client.get("flapping")).toBe(1);
    await client.put("flapping", 2);
    expect(await client.getEntry("flapping")).toMatchObject({ value: 2, conflict: false });
  });
});
