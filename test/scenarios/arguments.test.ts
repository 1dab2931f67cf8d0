/** Whatever a program in JavaScript hands over: each call says by a MasqError what it cannot use, in both modes. */
import { join } from "node:path";
import { MasqClient, MasqError, type ConnectOptions } from "@masq/client";
import { startStore, type Store } from "@masq/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const directory = temporaryDirectory();
const app = { name: "Arguments", id: "org.example.arguments" };
const WRONG: readonly unknown[] = [null, 5, "text", true, () => {}, Symbol("any"), 5n, [], {}];
const wrong = (value: unknown): never => value as never;
const fine = { onConsent: () => {}, confirm: () => true };

let store: Store;

beforeAll(async () => {
  store = await startStore({ directory: join(directory, "store"), port: 0, allow: [app.id] });
});

afterAll(() => store.stop());

const optionsOf = (mode: "store" | "peer"): ConnectOptions => ({
  app,
  mode,
  directory: join(directory, "app"),
  ...(mode === "store" ? { store: { url: `ws://127.0.0.1:${store.port}` } } : { inMemory: true }),
});

/** What a call comes to, thrown or rejected. */
const outcomeOf = async (call: () => unknown): Promise<unknown> => {
  try {
    return await call();
  } catch (error) {
    return error;
  }
};

const drain = async (entries: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of entries);
};

/** Each takes one thing that may be wrong. */
const callsOf = (client: MasqClient): Record<string, (value: never) => unknown> => ({
  connect: (value) => MasqClient.connect(value),
  "an app": (value) => MasqClient.connect({ app: value }),
  "an app's id": (value) => MasqClient.connect({ app: { name: "A", id: value }, mode: "peer" }),
  forgetStore: (value) => MasqClient.forgetStore(value),
  "a key of get": (value) => client.get(value),
  "options of get": (value) => client.get("k", value),
  "options of getEntry": (value) => client.getEntry("k", value),
  "keys of getMany": (value) => client.getMany(value),
  "a key of getMany": (value) => client.getMany([value]),
  "options of getMany": (value) => client.getMany(["k"], value),
  "a key of put": (value) => client.put(value, 1),
  "a value of put": (value) => client.put("value", value),
  "options of put": (value) => client.put("value", 1, value),
  "a wait of put": (value) => client.put("value", 1, { until: value, signal: AbortSignal.abort() }),
  "a key of del": (value) => client.del(value),
  "options of del": (value) => client.del("value", value),
  batch: (value) => client.batch(value),
  "an operation": (value) => client.batch([value]),
  "options of batch": (value) => client.batch([], value),
  "options of list": (value) => client.list(value),
  "options of entries": (value) => drain(client.entries(value)),
  "a bound of list": (value) => client.list({ gt: value }),
  watch: (value) => client.watch(value, () => {}),
  "a watched key": (value) => client.watch({ key: value }, () => {}),
  "a listener of watch": (value) => client.watch("", value),
  "a key of conflicts": (value) => client.conflicts(value),
  "options of conflicts": (value) => client.conflicts("k", value),
  on: (value) => client.on(value, () => {}),
  "a listener of on": (value) => client.on("status", value),
  "options of devices": (value) => client.devices(value),
  "options of status": (value) => client.status(value),
  "progress of useStore": (value) =>
    client.useStore({ ...fine, onProgress: value, signal: AbortSignal.abort() }),
  "a signal of useStore": (value) => client.useStore({ ...fine, signal: value }),
  invite: (value) => client.pairing.invite(value),
  "a signal of invite": (value) => client.pairing.invite({ ...fine, signal: value }),
  "a link of accept": (value) => client.pairing.accept(value, fine),
  "options of accept": (value) => client.pairing.accept("link", value),
});

/** What is nothing at all where something is needed. */
const missingOf = (client: MasqClient): Record<string, (value: never) => unknown> => ({
  "an app's name": (value) => MasqClient.connect({ app: { name: value } }),
  useStore: (value) => client.useStore(value),
  "the question of useStore": (value) => client.useStore({ onConsent: value }),
  invite: (value) => client.pairing.invite(value),
  "the question of invite": (value) => client.pairing.invite({ confirm: value }),
  "a link of accept": (value) => client.pairing.accept(value, fine),
  "options of accept": (value) => client.pairing.accept("link", value),
  "the question of accept": (value) => client.pairing.accept("link", { confirm: value }),
});

describe.each(["store", "peer"] as const)("a client in %s mode", (mode) => {
  let client: MasqClient;

  beforeAll(async () => {
    client = await MasqClient.connect(optionsOf(mode));
  });
  afterAll(() => client.close());

  it.each(Object.keys(callsOf(wrong(undefined))))(
    "answers as itself to what is no %s",
    async (name) => {
      for (const value of [undefined, ...WRONG]) {
        const outcome = await outcomeOf(() => callsOf(client)[name]?.(wrong(value)));
        if (typeof outcome === "function") outcome();
        if (outcome instanceof MasqClient) await outcome.close();
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(MasqError);
      }
      expect(await client.get("k")).toBe(undefined);
    },
  );

  it.each(Object.keys(missingOf(wrong(undefined))))("needs %s", async (name) => {
    for (const value of [undefined, null, {}, []]) {
      const call = missingOf(client)[name];
      // As the documentation says: a rejection, not an error thrown.
      const promise = call?.(wrong(value)) as Promise<unknown>;
      await expect(promise).rejects.toMatchObject({ code: "MASQ_OPTION_INVALID" });
    }
  });

  it("says that it was closed, whatever is called", async () => {
    const closed = await MasqClient.connect(optionsOf(mode));
    await closed.close();
    const calls: (() => unknown)[] = [
      () => closed.get("k"),
      () => closed.put("k", 1),
      () => closed.batch([{ op: "del", key: "k" }]),
      () => closed.list(),
      () => closed.watch("", () => {}),
      () => closed.status(),
      () => closed.devices(),
      ...(mode === "peer" ? [() => closed.useStore(fine), () => closed.pairing.invite(fine)] : []),
    ];
    for (const call of calls) expect(await outcomeOf(call)).toMatchObject({ code: "MASQ_CLOSED" });
  });
});

it("each client in memory is another device, with data of its own", async () => {
  const [first, second] = [
    await MasqClient.connect(optionsOf("peer")),
    await MasqClient.connect(optionsOf("peer")),
  ];
  await first.put("k", 1);
  await first.close();
  expect(await second.get("k")).toBe(undefined);
  await second.close();
});
