/** A store killed at random moments under load: what it acknowledged is there, and its apps go on by themselves. */
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { seededRandom } from "@masq/core/testing";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { describe, expect, it } from "vitest";
import { audit } from "../support/audit.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const APP_ID = "org.example.crash";
const CALLERS = 32;
const ROUNDS = 20;
const SEED = 20_261_123;

const directory = temporaryDirectory();

/** Resolves once `acknowledged` has grown by `count`: the moment at which this round's store dies. */
const grownBy = (
  acknowledged: Map<string, number>,
  onPut: Set<() => void>,
  count: number,
): Promise<void> => {
  const goal = acknowledged.size + count;
  return new Promise((resolve) => {
    const look = (): void => {
      if (acknowledged.size < goal) return;
      onPut.delete(look);
      resolve();
    };
    onPut.add(look);
  });
};

describe("a store killed under load", () => {
  it(`has every acknowledged write after each of ${ROUNDS} kills, applied once, and its callers only wait`, async () => {
    const random = seededRandom(SEED);
    const data = join(directory, "store");
    let store: StoreProcess = await startStoreProcess({ directory: data, allow: [APP_ID] });
    const { port } = store;
    const client = await MasqClient.connect({
      app: { name: "Crash", id: APP_ID },
      directory: join(directory, "app"),
      store: { url: store.url },
      onConsent: () => {},
    });
    const acknowledged = new Map<string, number>();
    const onPut = new Set<() => void>();
    let isOver = false;
    // Each caller also counts in a key of its own: a write applied twice or out of order would show as a sibling.
    const call = async (caller: number): Promise<void> => {
      for (let turn = 0; !isOver; turn += 1) {
        const key = `write/${caller}/${turn}`;
        await Promise.all([client.put(key, turn), client.put(`counter/${caller}`, turn)]);
        acknowledged.set(key, turn);
        for (const look of onPut) look();
      }
    };
    const calls = Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
    const reopened: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await grownBy(acknowledged, onPut, 20 + random.int(400));
      await store.kill();
      const started = performance.now();
      store = await startStoreProcess({ directory: data, port, allow: [APP_ID] });
      reopened.push(performance.now() - started);
    }
    await grownBy(acknowledged, onPut, CALLERS);
    isOver = true;
    await calls;
    await client.close();
    await store.stop();

    const found = await audit(data, `app:${APP_ID}`);
    const missing = [...acknowledged].filter(([key, turn]) => found.valueByKey.get(key) !== turn);
    expect(missing, `seed ${SEED}`).toEqual([]);
    expect(found.siblings, "no write of a client is a sibling of its own").toBe(0);
    expect(found.digest).toBe(found.computedDigest);
    expect(found.quickCheck).toBe("ok");
    expect(acknowledged.size).toBeGreaterThan(ROUNDS * 20);
    expect(reopened).toHaveLength(ROUNDS);
  });
});
