/** Apps that do not read what they asked for: the store's memory stays bounded, others are served, nothing is missed. */
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { decodeValue, encodeValue, readEntry } from "@masq/core";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  askAccess,
  grantedJoiner,
  HOSTILE,
  joinAs,
  joinAsAdmin,
  residentBytes,
  sayHello,
  within,
  type RawApp,
} from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const MEBIBYTE = 1024 * 1024;
const BOUND = 64 * MEBIBYTE;
const VALUE_BYTES = 100_000;
const KEYS = 50;
/** Writes under way at a time. */
const ABREAST = 25;

const directory = temporaryDirectory();
const files = join(directory, "store");
let store: StoreProcess;
let honest: MasqClient;

beforeAll(async () => {
  store = await startStoreProcess({ directory: files, allow: [HOSTILE.slice(4)] });
  honest = await MasqClient.connect({
    app: { name: "Honest", id: HOSTILE.slice(4) },
    directory: join(directory, "honest"),
    store: { url: store.url },
    onConsent: () => {},
  });
});
afterAll(async () => {
  await honest.close();
  await store.kill();
});

const joined = async (): Promise<RawApp> => {
  const app = await joinAs(store.port, grantedJoiner(await askAccess(store.port, HOSTILE)));
  await sayHello(app, HOSTILE);
  return app;
};

/** Rewrites the same keys over and over; `seen` is called between writes. */
const write = async (bytes: number, mark: number, seen: () => Promise<void>): Promise<void> => {
  const turns = Math.ceil(bytes / VALUE_BYTES / ABREAST);
  for (let turn = 0; turn < turns; turn += 1) {
    const puts = Array.from({ length: ABREAST }, (_, index) => {
      const value = new Uint8Array(VALUE_BYTES).fill(mark);
      new DataView(value.buffer).setUint32(0, turn);
      return honest.put(`w/${(turn * ABREAST + index) % KEYS}`, value);
    });
    await within(30_000, "writes to be acknowledged", Promise.all(puts));
    await seen();
  }
};

/** The largest growth over the baseline that was seen. */
const growth = async (): Promise<{
  readonly measure: () => Promise<void>;
  readonly most: () => number;
}> => {
  const baseline = await residentBytes(store.pid);
  let most = 0;
  return {
    measure: async () => {
      most = Math.max(most, (await residentBytes(store.pid)) - baseline);
    },
    most: () => most,
  };
};

const nothing = async (): Promise<void> => {};

describe("a client that does not read", () => {
  it("the changes it watches costs no memory, and catches up to the last of them once it reads again", async () => {
    const watcher = await joined();
    await watcher.call("watch", [1, { prefix: "" }, null]);
    // What writing and telling costs in itself is in the baseline.
    await write(30 * MEBIBYTE, 1, nothing);
    const { measure, most } = await growth();

    watcher.webSocket.pause();
    const before = watcher.events.items.length;
    await write(200 * MEBIBYTE, 2, measure);
    expect(watcher.events.items.length).toBe(before);
    expect(most()).toBeLessThan(BOUND);

    const expected = new Map(
      (await honest.list({ prefix: "w/" })).map(({ key, value, version }) => [
        key,
        { value, version },
      ]),
    );
    expect(expected.size).toBe(KEYS);
    const shown = new Map<string, { value: unknown; version: string }>();
    let taken = before;
    watcher.webSocket.resume();
    await watcher.events.until((events) => {
      for (const [name, data] of events.slice(taken)) {
        expect(name).toBe("changes");
        for (const item of (data as unknown[])[2] as unknown[]) {
          const { key, value, version } = readEntry(item);
          shown.set(key, { value: value === null ? undefined : decodeValue(value), version });
        }
      }
      taken = events.length;
      return [...expected].every(([key, { version }]) => shown.get(key)?.version === version);
    }, "the final state");
    expect(shown).toEqual(expected);
    await measure();
    expect(most()).toBeLessThan(BOUND);
    // Live again: the next change comes as one.
    const length = watcher.events.items.length;
    await honest.put("w/0", "live");
    const events = await watcher.events.until((all) => all.length > length, "a live change");
    expect(JSON.stringify(events.at(-1))).toContain("w/0");
    await watcher.close();
  });

  it("the answers to 100,000 requests costs no memory, and gets them in order once it reads again", async () => {
    const value = new Uint8Array(VALUE_BYTES).fill(9);
    await honest.put("large", value);
    const app = await joined();
    // What answering as many to one that reads costs in itself is in the baseline.
    await Promise.all(Array.from({ length: 2000 }, () => app.call("get", "large")));
    const { measure, most } = await growth();

    app.webSocket.pause();
    const order: number[] = [];
    const calls = Array.from({ length: 100_000 }, async (_, index) => {
      const answer = await app.call("get", "large");
      order.push(index);
      return answer;
    });
    for (const call of calls) call.catch(() => {});
    for (let round = 0; round < 300; round += 1) {
      // Meanwhile others are served.
      expect(await within(10_000, "an answer", honest.get("w/1"))).toBeInstanceOf(Uint8Array);
      if (round % 10 === 0) await measure();
    }
    expect(order).toHaveLength(0);
    expect(most()).toBeLessThan(BOUND);

    app.webSocket.resume();
    const read = 2000;
    const answers = await within(60_000, "200 MB of answers", Promise.all(calls.slice(0, read)));
    const encoded = encodeValue(value);
    expect(
      answers.every((answer) => Buffer.compare((answer as [Uint8Array])[0], encoded) === 0),
    ).toBe(true);
    expect(order.slice(0, read)).toEqual(Array.from({ length: read }, (_, index) => index));
    await measure();
    expect(most()).toBeLessThan(BOUND);
    app.webSocket.terminate();
    await app.closed;
  });

  it("can neither keep its access when it is revoked nor keep the store from stopping", async () => {
    const stuck = await Promise.all(Array.from({ length: 3 }, joined));
    for (const app of stuck) {
      app.webSocket.pause();
      for (let count = 0; count < 1000; count += 1) app.call("get", "large").catch(() => {});
    }
    const admin = await joinAsAdmin(files, store.port);
    expect(await admin.call("admin.revoke", HOSTILE)).toMatchObject({ disconnected: 4 });
    for (;;) {
      const { connections } = (await admin.call("admin.status")) as { connections: number };
      if (connections === 1) break;
    }
    const started = performance.now();
    await within(10_000, "the store to stop", store.stop());
    expect(performance.now() - started).toBeLessThan(5000);
    for (const app of stuck) app.webSocket.terminate();
  });
});
