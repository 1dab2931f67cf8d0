/** A store that lost its disk, or was put back to an older copy of it: the other stores lose nothing by that. */
import { cpSync, rmSync } from "node:fs";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  expectSame,
  openComputer,
  pair,
  settle,
  until,
  verified,
  type Computer,
} from "../support/computers.ts";
import { PATIENT } from "../support/long-form.ts";
import { logged } from "../support/store-log.ts";

let service: SyncServiceProcess;
beforeAll(async () => {
  service = await startSyncServiceProcess();
});
afterAll(() => service.stop());

const put = async ({ app }: Computer, prefix: string, count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) await app.put(`${prefix}/${index}`, prefix);
};

const valuesOf = async ({ app }: Computer, prefix: string): Promise<unknown[]> =>
  (await app.list({ prefix: `${prefix}/` })).map(({ value }) => value);

const pairedComputers = async (): Promise<[Computer, Computer]> => {
  const [laptop, desktop] = [await openComputer(service.url), await openComputer(service.url)];
  await pair(laptop, desktop);
  return [laptop, desktop];
};

describe("a store whose disk is lost", () => {
  it("deletes nothing when it pairs again, whatever it has written before", PATIENT, async () => {
    const [laptop, desktop] = await pairedComputers();
    await put(laptop, "laptop", 200);
    await put(desktop, "desktop", 200);
    await settle(laptop, desktop);
    await desktop.kill();
    rmSync(desktop.directory, { recursive: true });
    const again = await openComputer(service.url);
    await put(again, "again", 10);
    // It does not know these any more, so it can neither replace nor delete what they were.
    await again.app.put("laptop/0", "written anew");
    await again.app.put("desktop/0", "made anew");
    await again.app.del("desktop/0");
    await pair(laptop, again);
    await settle(laptop, again);
    expect(await valuesOf(laptop, "desktop")).toEqual(Array.from({ length: 200 }, () => "desktop"));
    const siblings = (await laptop.app.conflicts("laptop/0")).map(({ value }) => value);
    expect(new Set(siblings)).toEqual(new Set(["laptop", "written anew"]));
    expect((await valuesOf(again, "laptop")).length).toBe(200);
    expect(await valuesOf(laptop, "again")).toHaveLength(10);
    await expectSame(laptop, again);
  });
});

const FORGOTTEN = /put back to an older copy/;
const COPY = /the database is a copy/;

describe.each([
  { how: "in new files", isNew: true, noticed: COPY },
  { how: "in the files that were there", isNew: false, noticed: FORGOTTEN },
])("a store put back to an older copy of its data, $how", ({ isNew, noticed }) => {
  it("takes back what it has forgotten, and goes on", PATIENT, async () => {
    const [laptop, desktop] = await pairedComputers();
    await put(desktop, "kept", 20);
    await settle(laptop, desktop);
    const copy = `${desktop.directory}-copy`;
    await desktop.stop();
    cpSync(desktop.directory, copy, { recursive: true });
    await desktop.start();
    await put(desktop, "later", 20);
    await settle(laptop, desktop);
    await desktop.stop();
    if (isNew) rmSync(desktop.directory, { recursive: true });
    cpSync(copy, desktop.directory, { recursive: true });
    await desktop.start();
    await logged(desktop.directory, ({ msg }) => noticed.test(String(msg)));
    await put(laptop, "new", 3);
    await put(desktop, "new", 3);
    await settle(laptop, desktop);
    await Promise.all([until(laptop, verified), until(desktop, verified)]);
    expect(await valuesOf(desktop, "later")).toEqual(Array.from({ length: 20 }, () => "later"));
    const { valueByKey } = await expectSame(laptop, desktop);
    const count = (prefix: string): number =>
      [...valueByKey.keys()].filter((key) => key.startsWith(`${prefix}/`)).length;
    expect(["kept", "later", "new"].map(count)).toEqual([20, 20, 3]);
  });
});
