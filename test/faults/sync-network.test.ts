/** The way between two stores fails in the middle of their synchronisation, in every way a network and a service can. */
import { seededRandom } from "@masq/core/testing";
import { startSyncServiceProcess } from "@masq/sync-service/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  expectSame,
  missingOf,
  openComputer,
  pair,
  settle,
  writeOn,
  type Computer,
  type Writer,
} from "../support/computers.ts";
import { IS_FULL, PATIENT, times } from "../support/long-form.ts";
import { openTap, type From, type Tap } from "../support/tap.ts";

const SEED = 20_261_202;
const ROUNDS = times(3, 12);
const ENTRIES = 4000;
const BATCH = 500;
/** What the first synchronisation sends at the least. */
const SYNC_BYTES = 4_000_000;

const random = seededRandom(SEED);

interface World {
  readonly tap: Tap;
  readonly computers: readonly [Computer, Computer];
  readonly restartService: () => Promise<void>;
  /** What comes after the faults: both hold everything that either app was promised. */
  readonly expectHealed: () => Promise<void>;
}

/** Two stores that have just been paired, with much to bring over, and apps that go on writing on both. */
const openWorld = async (): Promise<World> => {
  let service = await startSyncServiceProcess();
  onTestFinished(() => service.stop());
  const tap = await openTap(() => service.port);
  const computers = [await openComputer(tap.url), await openComputer(tap.url)] as const;
  const promised = new Map<string, unknown>();
  for (let start = 0; start < ENTRIES; start += BATCH) {
    const keys = Array.from({ length: BATCH }, (_, index) => `entry/${start + index}`);
    const value = "x".repeat(1000);
    await computers[0].app.batch(keys.map((key) => ({ op: "put", key, value })));
    for (const key of keys) promised.set(key, value);
  }
  await pair(...computers);
  const writers: readonly Writer[] = computers.map((computer, side) =>
    writeOn(computer, `${side}`),
  );
  return {
    tap,
    computers,
    restartService: async () => {
      const { port } = service;
      await service.kill();
      service = await startSyncServiceProcess(port);
    },
    expectHealed: async () => {
      for (const writer of writers) await writer.stop();
      await settle(...computers);
      for (const { acknowledged } of writers)
        for (const [key, value] of acknowledged) promised.set(key, value);
      const { valueByKey, siblings } = await expectSame(...computers);
      expect(missingOf(promised, valueByKey), `seed ${SEED}`).toEqual([]);
      expect(siblings).toBe(0);
    },
  };
};

/** A moment in the middle of what there is to bring over. */
const anyMoment = (tap: Tap): Promise<void> => tap.passed(random.int(SYNC_BYTES / ROUNDS));

describe("two stores that synchronise", () => {
  it(`converge though the sync service is killed ${ROUNDS} times`, PATIENT, async () => {
    const { tap, restartService, expectHealed } = await openWorld();
    for (let round = 0; round < ROUNDS; round += 1) {
      await anyMoment(tap);
      await restartService();
    }
    await expectHealed();
  });

  it(`converge though the network is cut ${ROUNDS} times`, PATIENT, async () => {
    const { tap, expectHealed, computers } = await openWorld();
    for (let round = 0; round < ROUNDS; round += 1) {
      await anyMoment(tap);
      tap.cut();
      // Nobody is kept from writing meanwhile.
      for (const [side, { app }] of computers.entries()) await app.put(`cut/${side}`, round);
      tap.mend();
    }
    await expectHealed();
  });

  it.each<From>(["device", "service"])(
    `converge though nothing of the %s arrives for a while, ${ROUNDS} times, before the connections break`,
    PATIENT,
    async (from) => {
      const { tap, expectHealed } = await openWorld();
      for (let round = 0; round < ROUNDS; round += 1) {
        await anyMoment(tap);
        tap.swallow(from);
        // The other direction goes on, as nobody knows.
        await tap.swallowed(1 + random.int(300));
        tap.cut();
        tap.mend();
      }
      await expectHealed();
    },
  );

  it.runIf(IS_FULL).each<From>(["device", "service"])(
    "notice by themselves that nothing of the %s arrives any more",
    PATIENT,
    async (from) => {
      const { tap, expectHealed } = await openWorld();
      await anyMoment(tap);
      const { ended } = tap;
      tap.swallow(from);
      await tap.ends(ended + 1);
      tap.mend();
      await expectHealed();
    },
  );
});
