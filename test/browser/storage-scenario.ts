/** The browser's storage in a real browser with a profile on the disk: what holds in each of them. */
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ErrorCode } from "@masq/core";
import { collector, storageCases } from "@masq/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleForBrowsers } from "../../scripts/bundle-client.ts";
import { smallDisk } from "../support/small-disk.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { servePage, type AppServer } from "./browser.ts";
import { needing, type DrivenBrowser, type DrivenPage, type Engine } from "./engine.ts";
import type { StoragePage } from "./indexed-db-page.ts";

declare const storagePage: StoragePage;

const PAGE = `<!doctype html><title>A storage</title><script type="module" src="./page.js"></script>`;

export const serveStorage = async (): Promise<AppServer> =>
  servePage(PAGE, await bundleForBrowsers({ page: "test/browser/indexed-db-page.ts" }));

/** A tab whose page has the storage; what it loads is there with the load event, as all modules of a page are. */
export const storageTab = async <Page extends Pick<DrivenPage, "goto">>(
  browser: { newPage(): Promise<Page> },
  { origin }: AppServer,
): Promise<Page> => {
  const page = await browser.newPage();
  await page.goto(origin);
  return page;
};

export const openIn = (
  page: Pick<DrivenPage, "evaluate">,
  name: string,
): Promise<{ isNew: boolean; birth: string }> =>
  page.evaluate((database) => storagePage.open(database), name);

/** A profile takes some 30 MiB. */
const DISK_MEBIBYTES = 200;

/** Leaves room for so many bytes, about: again as long as the browser, which writes to its profile, comes in between. */
const fillDisk = (directory: string, ballast: string, room: number): void => {
  const { bavail, bsize } = statfsSync(directory);
  try {
    writeFileSync(ballast, new Uint8Array(bavail * bsize - room));
  } catch (error) {
    rmSync(ballast);
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    fillDisk(directory, ballast, room);
  }
};

/** `whenFull` is what a write is refused with when the disk is full. */
export const storageScenario = (engine: Engine, whenFull: ErrorCode): void => {
  const { isSkipped, suffix } = needing(engine);
  const disk = smallDisk(DISK_MEBIBYTES);
  describe.skipIf(isSkipped)(`IndexedDB storage in ${engine.name} ${suffix}`, () => {
    const profile = temporaryDirectory();
    let server: AppServer;
    let browser: DrivenBrowser;
    let page: DrivenPage;

    beforeAll(async () => {
      [server, browser] = await Promise.all([serveStorage(), engine.launch(profile)]);
      page = await storageTab(browser, server);
    });

    afterAll(async () => {
      await browser?.close();
      await server?.close();
    });

    describe("with the browser's promise to keep the data", () => {
      beforeAll(async () => {
        await browser.allowPersistence(server.origin);
        expect(await page.evaluate(() => navigator.storage.persist())).toBe(true);
      });

      it.each(storageCases.map(({ name }) => name))("%s", (name) =>
        page.evaluate((one) => storagePage.runCase(one), name),
      );
    });

    it("two tabs that write at once lose nothing and see each other's state", async () => {
      const other = await storageTab(browser, server);
      const opened = [await openIn(page, "tabs"), await openIn(other, "tabs")];
      expect(opened.map(({ isNew }) => isNew)).toEqual([true, false]);
      expect(opened[1]?.birth).toBe(opened[0]?.birth);
      const counted = await Promise.all(
        [page, other].map((tab) => tab.evaluate(() => storagePage.count(90))),
      );
      const all = Array.from({ length: 180 }, (_, index) => index + 1);
      expect(counted.flat().toSorted((a, b) => a - b)).toEqual(all);
      await other.close();
    });

    it("a tab does not block another one's upgrade, and then says that a newer version is there", async () => {
      await openIn(page, "upgrade");
      const other = await storageTab(browser, server);
      expect(await other.evaluate(() => storagePage.upgrade("upgrade"))).toBe(false);
      expect(await page.evaluate(() => storagePage.add(1))).toBe("MASQ_STORAGE_NEWER");
      await other.close();
    });

    it.skipIf(disk.trouble !== undefined)(
      `a full disk refuses the write alone: what is there can be read, and the next is taken when there is room${disk.suffix}`,
      async () => {
        const cramped = await engine.launch(join(disk.directory, "profile"));
        const writing = await storageTab(cramped, server);
        await openIn(writing, "full");
        expect(await writing.evaluate(() => storagePage.add(1))).toBe("kept");
        const ballast = join(disk.directory, "ballast");
        fillDisk(disk.directory, ballast, 300_000);
        expect(await writing.evaluate(() => storagePage.add(2, 1_000_000))).toBe(whenFull);
        expect(await writing.evaluate(() => storagePage.arrivals())).toEqual([1]);
        rmSync(ballast);
        expect(await writing.evaluate(() => storagePage.add(2, 1_000_000))).toBe("kept");
        expect(await writing.evaluate(() => storagePage.arrivals())).toEqual([1, 2]);
        await cramped.close();
      },
    );

    // The last one: the tabs of the others go with their browser.
    it("every acknowledged write is there after the browser was killed", async () => {
      const writing = await storageTab(browser, server);
      await openIn(writing, "killed");
      const told = collector<number>();
      await writing.exposeFunction("told", (arrival: number) => told.push(arrival));
      writing
        .evaluate(() =>
          storagePage.write((globalThis as unknown as { told: (arrival: number) => void }).told),
        )
        .catch(() => {});
      await told.until(() => told.items.length >= 100, "a hundred writes");
      await browser.kill();
      const acknowledged = [...told.items];
      browser = await engine.launch(profile);
      const reading = await storageTab(browser, server);
      expect((await openIn(reading, "killed")).isNew).toBe(false);
      const kept = (await reading.evaluate(() => storagePage.arrivals())) as number[];
      expect(kept).toEqual(kept.map((_, index) => index + 1));
      expect(kept.length).toBeGreaterThanOrEqual(acknowledged.length);
    });
  });
};
