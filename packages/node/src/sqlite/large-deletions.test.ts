/** What a batch removes passes through memory a page at a time, however much that is in all. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { EMPTY_DIGEST, Replica, type Host } from "@masq/core";
import { MAPS } from "@masq/core/testing";
import { expect, it } from "vitest";
import { nodePrimitives } from "../node-crypto.ts";
import { nodeHost } from "../node-host.ts";
import { openSqliteStorage } from "./sqlite-storage.ts";

const MIB = 1024 * 1024;
const ENTRIES = 64;
const BOUND = 40 * MIB;

it("a batch of many large deletions does not hold all removed values at once", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  let before = Infinity;
  let highest = 0;
  const host: Host = {
    ...nodeHost,
    crypto: {
      ...nodePrimitives,
      sha256(bytes) {
        const now = process.memoryUsage().arrayBuffers;
        if (now - before > BOUND) collectGarbage();
        highest = Math.max(highest, Math.min(now, process.memoryUsage().arrayBuffers));
        return nodePrimitives.sha256(bytes);
      },
    },
  };
  const directory = mkdtempSync(join(tmpdir(), "masq-deletions-"));
  const storage = await openSqliteStorage({
    file: join(directory, "store.db"),
    key: new Uint8Array(32).fill(1),
  });
  const replica = await Replica.open(host, storage, MAPS);
  const keys = Array.from({ length: ENTRIES }, (_, index) => `large/${index}`);
  const value = new Uint8Array(MIB - 5);
  for (const key of keys) await replica.write([{ key, value }]);
  collectGarbage();
  before = process.memoryUsage().arrayBuffers;
  highest = 0;
  await replica.write(keys.map((key) => ({ key, value: null })));
  expect(highest).toBeGreaterThan(0);
  expect(highest - before).toBeLessThan(BOUND);
  const state = await replica.state();
  expect(state).toMatchObject({ entries: 0, tombstones: ENTRIES, digest: EMPTY_DIGEST });
  expect(state.bytes).toBe(keys.join("").length);
  await storage.close();
  rmSync(directory, { recursive: true });
});
