/**
 * A process that writes to a store from 32 callers until it is killed, and prints each write once it is
 * acknowledged. Run by sqlite-crash.test.ts: `writer.ts <file> <key in hex>`.
 */
import { writeSync } from "node:fs";
import { fromHex } from "@masq/core";
import { MAPS, sampleRow, sampleState } from "@masq/core/testing";
import { openSqliteStorage } from "../../packages/node/src/sqlite/index.ts";

const CALLERS = 32;
const KEYS_PER_CALLER = 50;

const [file, key] = process.argv.slice(2) as [string, string];
const storage = await openSqliteStorage({ file, key: fromHex(key) });

/** Rewrites its own keys over and over; every fourth write adds a key that stays. */
const write = async (caller: number): Promise<never> => {
  for (let turn = 0; ; turn += 1) {
    const line = await storage.update(
      MAPS,
      { keys: [`${caller}/${turn % KEYS_PER_CALLER}`] },
      (view) => {
        const next = (view.state?.counter ?? 0) + 1;
        const name = turn % 4 === 0 ? `kept/${next}` : `${caller}/${turn % KEYS_PER_CALLER}`;
        const remove = turn % 4 === 0 ? [] : view.rows(name);
        const value = new Uint8Array(50 + (next % 400)).fill(next % 256);
        const state = sampleState(next);
        return {
          remove,
          add: [sampleRow(name, next, { value })],
          state,
          result: `${next} ${name}`,
        };
      },
    );
    // Straight to the pipe, whole lines: a buffer in this process would die with it.
    writeSync(1, `${line}\n`);
  }
};

await Promise.all(Array.from({ length: CALLERS }, (_, caller) => write(caller)));
