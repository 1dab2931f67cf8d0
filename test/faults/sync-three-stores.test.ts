/** Three stores of which two are never on together agree through the third, though all of them are killed. */
import { seededRandom } from "@masq/core/testing";
import { startSyncServiceProcess } from "@masq/sync-service/testing";
import { expect, it, onTestFinished } from "vitest";
import {
  expectSame,
  missingOf,
  openComputer,
  pair,
  settle,
  until,
  writeOn,
  type Computer,
} from "../support/computers.ts";
import { PATIENT, times } from "../support/long-form.ts";

const SEED = 20_261_204;
const ROUNDS = times(1, 5);

it(`agree after ${ROUNDS} round(s) of meeting and being killed`, PATIENT, async () => {
  const random = seededRandom(SEED);
  const service = await startSyncServiceProcess();
  onTestFinished(() => service.stop());
  const phone = await openComputer(service.url);
  const [home, work] = [await openComputer(service.url), await openComputer(service.url)];
  await pair(phone, home);
  await home.kill();
  await pair(phone, work);
  await work.kill();
  const promised = new Map<string, unknown>();
  /** The phone and one of the others are on together for a while; one of the two dies in the middle of it. */
  const meet = async (other: Computer, name: string): Promise<void> => {
    await other.start();
    const writers = [writeOn(phone, `phone/${name}`), writeOn(other, name)];
    for (const writer of writers) await writer.more(1 + random.int(100));
    await (random.int(2) === 0 ? phone : other).killAndStart();
    for (const writer of writers) {
      await writer.more(1 + random.int(100));
      await writer.stop();
      for (const [key, value] of writer.acknowledged) promised.set(key, value);
    }
    // All three write it without knowing of each other.
    await other.app.put("shared", name);
    await phone.app.put("shared", `phone, with ${name}`);
    await settle(phone, other);
    await other.kill();
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    await meet(home, `home/${round}`);
    await meet(work, `work/${round}`);
  }
  // The phone and the second hold everything now; the first takes in what it has missed, and nobody writes any more.
  await home.start();
  await until(home, (devices) =>
    devices.some(({ connected, verifiedSince }) => connected && verifiedSince !== undefined),
  );
  const { valueByKey } = await expectSame(phone, home, work);
  expect(missingOf(promised, valueByKey), `seed ${SEED}`).toEqual([]);
});
