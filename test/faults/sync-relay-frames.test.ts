/** A sync service that spoils frames between two real stores: their sessions end, nothing wrong is taken in, they heal. */
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
import { openRelayTap, SPOILINGS } from "../support/relay-tap.ts";

const SEED = 20_261_205;
const ROUNDS = times(2, 6);
const ENTRIES = 1000;
/** Messages 1 and 2 of a handshake, and the first record, which ends it. */
const HANDSHAKE_FRAMES = 3;
const MAX_SKIPPED = 12;

it.each(SPOILINGS)(`two stores heal after each %s of a frame`, PATIENT, async (spoiling) => {
  const random = seededRandom(SEED);
  const service = await startSyncServiceProcess();
  onTestFinished(() => service.stop());
  const tap = await openRelayTap(service.port);
  const [one, other] = [await openComputer(tap.url), await openComputer(tap.url)];
  const pids = [one.pid, other.pid];
  const promised = new Map<string, unknown>();
  const value = "x".repeat(1000);
  for (let index = 0; index < ENTRIES; index += 1) promised.set(`entry/${index}`, value);
  await one.app.batch([...promised.keys()].map((key) => ({ op: "put", key, value })));
  await pair(one, other);
  const writers = [writeOn(one, "one"), writeOn(other, "other")];
  for (let round = 0; round < ROUNDS; round += 1) {
    // By turns in a handshake, and in a session that stands.
    const isHandshake = round % 2 === 0;
    if (isHandshake) tap.cut();
    const skipped = random.int(isHandshake ? HANDSHAKE_FRAMES : MAX_SKIPPED);
    await tap.spoil(spoiling, skipped, (below) => random.int(below));
    // Both apps are served all the while.
    for (const writer of writers) await writer.more(1);
    await settle(one, other);
  }
  for (const writer of writers) {
    await writer.stop();
    for (const [key, written] of writer.acknowledged) promised.set(key, written);
  }
  await settle(one, other);
  // The same processes, still alive.
  for (const pid of pids) expect(process.kill(pid, 0)).toBe(true);
  const { valueByKey, siblings } = await expectSame(one, other);
  expect(missingOf(promised, valueByKey), `seed ${SEED}`).toEqual([]);
  expect(siblings).toBe(0);
});
