import { describe, expect, it } from "vitest";
import { MasqClient, type ConnectOptions } from "./index.ts";

const app = { name: "Options", id: "org.example.options" };
const refusal = expect.objectContaining({
  code: "MASQ_OPTION_INVALID",
  message: expect.stringMatching(/ Nothing was done\.$/),
});
/** What a program in JavaScript may hand over, whatever the types say. */
const wrong = (options: unknown): never => options as never;

describe("connect refuses", () => {
  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["no app", {}],
    ["an app that is a text", { app: "Options" }],
    ["an app without a name", { app: { id: app.id } }],
    ["an app whose name is empty", { app: { ...app, name: " " } }],
    ["an app id that is a number", { app: { ...app, id: 5 } }],
    ["an app's address that is a number", { app: { ...app, url: 5 } }],
    ["an unknown mode", { app, mode: "bogus" }],
    ["no store's address", { app, mode: "store", store: { url: "nonsense" } }],
    ["an address of another kind", { app, mode: "store", store: { url: "http://127.0.0.1:1" } }],
    ["an address with a fragment", { app, mode: "store", store: { url: "ws://127.0.0.1:1/#a" } }],
    ["an address without a host", { app, mode: "store", store: { url: "ws://:1" } }],
    ["a store that is a text", { app, mode: "store", store: "ws://127.0.0.1:1" }],
    ["an address that is a number", { app, mode: "store", store: { url: 16277 } }],
    ["a directory that is a number", { app, directory: 5 }],
    ["a namespace that is a number", { app, namespace: 5 }],
    ["a sync service that is a number", { app, mode: "peer", syncService: 5 }],
    ["a flag that is a text", { app, mode: "peer", inMemory: "yes" }],
    ["a function that is a text", { app, onConsent: "show" }],
    ["a patience below 0", { app, patienceMs: -1 }],
    ["a patience that is no number", { app, patienceMs: Number.NaN }],
    ["a patience that is a text", { app, patienceMs: "5" }],
    ["a signal that is none", { app, signal: {} }],
  ])("%s", async (_name, options) => {
    await expect(MasqClient.connect(wrong(options))).rejects.toEqual(refusal);
  });

  it("what forgetStore is given without an app", async () => {
    await expect(MasqClient.forgetStore(wrong(undefined))).rejects.toEqual(refusal);
    await expect(MasqClient.forgetStore(wrong({}))).rejects.toEqual(refusal);
  });
});

describe("a client refuses", () => {
  const options: ConnectOptions = { app, mode: "peer", inMemory: true };

  it("options and arguments of a wrong type, and does nothing", async () => {
    await using client = await MasqClient.connect(options);
    await client.put("k", 1);
    const calls: Record<string, () => unknown> = {
      "a limit with a fraction": () => client.list({ limit: 1.5 }),
      "a limit below 0": () => client.list({ limit: -1 }),
      "a limit that is no number": () => client.list({ limit: Number.NaN }),
      "a limit that is a text": () => client.list(wrong({ limit: "5" })),
      "a prefix that is a number": () => client.list(wrong({ prefix: 5 })),
      "a bound that is a number": () => client.list(wrong({ gt: 5 })),
      "a bound that is null": () => client.list(wrong({ lte: null })),
      "a direction that is a text": () => client.list(wrong({ reverse: "yes" })),
      "a range that is a text": () => client.list(wrong("prefix")),
      "a signal for a list": () => client.list(wrong({ signal: 5 })),
      "a signal for a get": () => client.get("k", wrong({ signal: {} })),
      "a signal for the devices": () => client.devices(wrong({ signal: {} })),
      "a signal for a put": () => client.put("k", 2, wrong({ signal: {} })),
      "a version that is a number": () => client.put("k", 2, wrong({ ifVersion: 5 })),
      "a version of a batch that is null": () =>
        client.batch([{ op: "del", key: "k", ifVersion: wrong(null) }]),
      "an odd number of devices": () => client.put("k", 2, { until: 0.5 }),
      "a batch that is none": () => client.batch(wrong({ op: "del", key: "k" })),
      "keys that are none": () => client.getMany(wrong("k")),
    };
    for (const [name, call] of Object.entries(calls))
      await expect(Promise.resolve().then(call), name).rejects.toEqual(refusal);
    expect(() => client.watch("", wrong(undefined))).toThrow(refusal);
    expect(() => client.on("status", wrong(undefined))).toThrow(refusal);
    expect(() => client.watch(wrong(undefined), () => {})).toThrow("A key is");
    await expect(client.batch([wrong(null)])).rejects.toMatchObject({ code: "MASQ_KEY_INVALID" });
    expect(await client.get("k")).toBe(1);
    expect(await client.list({ limit: Infinity })).toHaveLength(1);
  });
});
