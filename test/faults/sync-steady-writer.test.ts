/** An app that writes without pause while the owner's other store dies again and again: it is not its business. */
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

const SEED = 20_261_203;
const KILLS = times(5, 40);
const CALLERS = 16;

it(
  `does not notice ${KILLS} kills of another device, which ends with the same`,
  PATIENT,
  async () => {
    const random = seededRandom(SEED);
    const service = await startSyncServiceProcess();
    onTestFinished(() => service.stop());
    const [here, there] = [await openComputer(service.url), await openComputer(service.url)];
    await pair(here, there);
    await here.app.put("first", 1, { until: 1 });
    const interruptions: unknown[] = [];
    here.app.on("status", (status) => {
      if (!status.connected || status.ended !== undefined) interruptions.push(status.ended?.code);
    });
    const writer = writeOn(here, "steady", CALLERS);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await writer.more(1 + random.int(300));
      await there.kill();
      await writer.more(1 + random.int(300));
      await there.start();
      // It is back in the middle of the stream: a write of this moment arrives.
      if (kill % 2 === 0) await here.app.put("back", kill, { until: 1 });
    }
    await writer.stop();
    expect(interruptions).toEqual([]);
    await settle(here, there);
    const { valueByKey, siblings } = await expectSame(here, there);
    expect(missingOf(writer.acknowledged, valueByKey), `seed ${SEED}`).toEqual([]);
    expect(siblings).toBe(0);
  },
);
