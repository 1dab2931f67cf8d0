/** Clocks that are ten years off: stores find each other, pair, and come to the same as with right ones. */
import { startSyncServiceProcess } from "@masq/sync-service/testing";
import { expect, it, onTestFinished } from "vitest";
import { contents, expectSame, openComputer, pair, settle } from "../support/computers.ts";
import { PATIENT } from "../support/long-form.ts";
import { yearsOff } from "../support/store-variables.ts";

it.each([
  [0, 0],
  [10, -10],
  [-10, 10],
  [10, 10],
])("come to the same with clocks that are %i and %i years off", PATIENT, async (...years) => {
  const service = await startSyncServiceProcess();
  onTestFinished(() => service.stop());
  const [laptop, desktop] = [
    await openComputer(service.url, yearsOff(years[0])),
    await openComputer(service.url, yearsOff(years[1])),
  ];
  await laptop.app.put("of/laptop", "laptop");
  await desktop.app.put("of/desktop", "desktop");
  for (const { app } of [laptop, desktop]) await app.put("of/both", app === laptop.app ? "l" : "d");
  await pair(laptop, desktop);
  await settle(laptop, desktop);
  const siblings = (await laptop.app.conflicts("of/both")).map(({ value }) => value);
  expect(new Set(siblings)).toEqual(new Set(["l", "d"]));
  // Each changes what it has seen of the other: nobody's clock has a say.
  expect(await laptop.app.get("of/desktop")).toBe("desktop");
  expect(await desktop.app.get("of/laptop")).toBe("laptop");
  await laptop.app.put("of/desktop", "changed by laptop");
  await desktop.app.del("of/laptop");
  await desktop.app.get("of/both");
  await desktop.app.put("of/both", "settled by desktop");
  await settle(laptop, desktop);
  // A clock that is set right, or wrong in the other direction, changes nothing either.
  await laptop.stop();
  await laptop.start(yearsOff(-years[0]));
  await settle(laptop, desktop);
  await laptop.app.get("of/both");
  await laptop.app.put("of/both", "settled again by laptop");
  await settle(laptop, desktop);
  expect(await contents(laptop)).toEqual(await contents(desktop));
  const { valueByKey, siblings: count } = await expectSame(laptop, desktop);
  const found = Object.fromEntries([...valueByKey].filter(([key]) => key.startsWith("of/")));
  expect(found).toEqual({
    "of/desktop": "changed by laptop",
    "of/both": "settled again by laptop",
  });
  expect(count).toBe(0);
});
