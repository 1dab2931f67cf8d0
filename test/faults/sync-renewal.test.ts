/** More data than one session carries: its keys are renewed after 512 MiB (docs/channel.md), in the middle of a first synchronisation. */
import { startSyncServiceProcess } from "@masq/sync-service/testing";
import { expect, it, onTestFinished } from "vitest";
import { expectSame, openComputer, pair, settle } from "../support/computers.ts";
import { IS_FULL, PATIENT } from "../support/long-form.ts";

const MIB = 1024 * 1024;
const ENTRIES = 640;

it.runIf(IS_FULL)(
  `a first synchronisation of ${ENTRIES} MiB goes on in the session that takes over${IS_FULL ? "" : " (SKIPPED: in npm run test:full alone)"}`,
  PATIENT,
  async () => {
    const service = await startSyncServiceProcess(0, "--bytes-per-second", "1000000000");
    onTestFinished(() => service.stop());
    const [here, there] = [await openComputer(service.url), await openComputer(service.url)];
    for (let index = 0; index < ENTRIES; index += 1)
      await here.app.put(`large/${index}`, new Uint8Array(MIB - 16).fill(index));
    await pair(here, there);
    await settle(here, there);
    const { valueByKey, siblings } = await expectSame(here, there);
    expect([...valueByKey.keys()].filter((key) => key.startsWith("large/"))).toHaveLength(ENTRIES);
    expect(siblings).toBe(0);
  },
);
