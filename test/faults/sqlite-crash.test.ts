import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Storage, toHex } from "@masq/core";
import { MAPS, seededRandom } from "@masq/core/testing";
import { expect, it } from "vitest";
import { openSqliteStorage } from "../../packages/node/src/sqlite/index.ts";

const ROUNDS = 20;
const SEED = 20_261_124;
const writer = fileURLToPath(new URL("writer.ts", import.meta.url));
const key = new Uint8Array(32).fill(0x5d);

/** Lines `counter key` of the writes a writer saw acknowledged before it was killed. */
const runUntilKilled = async (file: string, acknowledgements: number): Promise<string[]> => {
  const child = spawn(process.execPath, ["--conditions=@masq/source", writer, file, toHex(key)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === acknowledgements) child.kill("SIGKILL");
  }
  const [, signal] = (await exited) as [number | null, string | null];
  expect(signal, "the writer ran until it was killed").toBe("SIGKILL");
  return lines;
};

/** All rows by counter, read in pages. */
const allRows = async (storage: Storage): Promise<Map<number, string>> => {
  const rows = new Map<number, string>();
  let after = 0;
  for (;;) {
    const page = await storage.arrivals(MAPS, after, 1000, 2 ** 24);
    for (const row of page) {
      const sound =
        row.value?.length === 50 + (row.counter % 400) && row.value[0] === row.counter % 256;
      if (!sound) throw new Error(`write ${row.counter} has lost its value`);
      rows.set(row.counter, row.key);
      after = row.arrival;
    }
    if (page.length === 0) return rows;
  }
};

it(`every acknowledged write is there after each of ${ROUNDS} kills of the process (seed ${SEED})`, async () => {
  const directory = mkdtempSync(join(tmpdir(), "masq-crash-"));
  const file = join(directory, "store.db");
  const random = seededRandom(SEED);
  const acknowledged = new Map<number, string>();
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const line of await runUntilKilled(file, 1 + random.int(2000))) {
        const [counter, name] = line.split(" ") as [string, string];
        acknowledged.set(Number(counter), name);
      }
      const storage = await openSqliteStorage({ file, key });
      const what = `round ${round}`;
      expect(storage.wasUnclean, what).toBe(true);
      expect(await storage.quickCheck(), what).toBe("ok");
      const rows = await allRows(storage);
      const last = (await storage.state(MAPS))?.counter ?? 0;
      const newest = new Map([...rows].map(([counter, name]) => [name, counter]));
      const lost = [...acknowledged].filter(([counter, name]) =>
        name.startsWith("kept/")
          ? rows.get(counter) !== name
          : // Superseded by a later write of the same key, or still there.
            (newest.get(name) ?? 0) < counter,
      );
      expect(lost, `${what}: acknowledged and not there`).toEqual([]);
      expect(Math.max(...acknowledged.keys()), what).toBeLessThanOrEqual(last);
      expect(Math.max(...rows.keys()), `${what}: rows and state are of one commit`).toBe(last);
      await storage.close();
    }
    expect(acknowledged.size).toBeGreaterThan(ROUNDS * 100);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
