/** Stores killed at random moments of their first synchronisation: they go on where they were, and nothing is lost. */
import { seededRandom } from "@masq/core/testing";
import { startSyncServiceProcess } from "@masq/sync-service/testing";
import { expect, it, onTestFinished } from "vitest";
import {
  expectSame,
  missingOf,
  openComputer,
  pair,
  settle,
  writeOn,
} from "../support/computers.ts";
import { PATIENT, times } from "../support/long-form.ts";
import { openTap } from "../support/tap.ts";

const SEED = 20_261_201;
const ROUNDS = times(2, 10);
const ENTRIES = 20_000;
const BATCH = 1000;
/** What the first synchronisation sends at the least. */
const SYNC_BYTES = 6_000_000;

const entriesFrom = (start: number): [key: string, value: unknown][] =>
  Array.from({ length: BATCH }, (_, index) => [
    `entry/${start + index}`,
    { n: start + index, text: "x".repeat(200) },
  ]);

it(
  `converges after ${ROUNDS} kills of either store within a first synchronisation of ${ENTRIES} entries`,
  PATIENT,
  async () => {
    const random = seededRandom(SEED);
    const service = await startSyncServiceProcess();
    onTestFinished(() => service.stop());
    const tap = await openTap(() => service.port);
    const [full, empty] = [await openComputer(tap.url), await openComputer(tap.url)];
    const promised = new Map<string, unknown>();
    for (let start = 0; start < ENTRIES; start += BATCH) {
      const entries = entriesFrom(start);
      await full.app.batch(entries.map(([key, value]) => ({ op: "put", key, value })));
      for (const [key, value] of entries) promised.set(key, value);
    }
    const before = tap.bytes;
    await pair(full, empty);
    const writers = [writeOn(full, "of/full"), writeOn(empty, "of/empty")];
    for (let round = 0; round < ROUNDS; round += 1) {
      // All of them within the first synchronisation, however the rounds are drawn.
      await tap.passed(random.int(SYNC_BYTES / ROUNDS));
      await (random.int(2) === 0 ? full : empty).killAndStart();
    }
    for (const writer of writers) await writer.stop();
    await settle(full, empty);
    expect(tap.bytes - before).toBeGreaterThan(SYNC_BYTES);
    const { valueByKey, siblings } = await expectSame(full, empty);
    for (const { acknowledged } of writers)
      for (const [key, value] of acknowledged) promised.set(key, value);
    expect(missingOf(promised, valueByKey), `seed ${SEED}`).toEqual([]);
    expect(siblings).toBe(0);
  },
);
