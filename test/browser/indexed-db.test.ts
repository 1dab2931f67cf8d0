/** The browser's storage in a real Chromium with a profile on the disk. */
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { collector, storageCases } from "@masq/core/testing";
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleForBrowsers } from "../../scripts/bundle-client.ts";
import { smallDisk } from "../support/small-disk.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import {
  type AppServer,
  browserPath,
  launchProfile,
  servePage,
  withoutBrowser,
} from "./browser.ts";
import type { StoragePage } from "./indexed-db-page.ts";

/** A profile takes some 30 MiB. */
const disk = smallDisk(200);

declare const storagePage: StoragePage;

const PAGE = `<!doctype html><title>A storage</title><script type="module" src="./page.js"></script>`;

describe.skipIf(browserPath === undefined)(
  `IndexedDB storage in Chromium ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    const profile = temporaryDirectory();
    let server: AppServer;
    let browser: BrowserContext;
    let page: Page;
    let devtools: CDPSession;

    const newPage = async (context: BrowserContext = browser): Promise<Page> => {
      const opened = await context.newPage();
      await opened.goto(server.origin);
      await opened.waitForFunction(() => "storagePage" in globalThis);
      return opened;
    };

    const open = (on: Page, name: string): Promise<{ isNew: boolean; birth: string }> =>
      on.evaluate((database) => storagePage.open(database), name);

    beforeAll(async () => {
      const chunks = await bundleForBrowsers({ page: "test/browser/indexed-db-page.ts" });
      server = await servePage(PAGE, chunks);
      browser = await launchProfile(profile);
      page = await newPage();
      devtools = await browser.newCDPSession(page);
    });

    afterAll(async () => {
      await browser?.close();
      await server?.close();
    });

    describe("with the browser's promise to keep the data", () => {
      beforeAll(async () => {
        await devtools.send("Browser.grantPermissions", {
          origin: server.origin,
          permissions: ["durableStorage"],
        });
        expect(await page.evaluate(() => navigator.storage.persist())).toBe(true);
      });

      it.each(storageCases.map(({ name }) => name))("%s", (name) =>
        page.evaluate((one) => storagePage.runCase(one), name),
      );
    });

    it("two tabs that write at once lose nothing and see each other's state", async () => {
      const other = await newPage();
      const opened = [await open(page, "tabs"), await open(other, "tabs")];
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
      await open(page, "upgrade");
      const other = await newPage();
      expect(await other.evaluate(() => storagePage.upgrade("upgrade"))).toBe(false);
      expect(await page.evaluate(() => storagePage.add(1))).toBe("MASQ_STORAGE_NEWER");
      await other.close();
    });

    it.skipIf(disk.trouble !== undefined)(
      `a full disk refuses the write alone: what is there can be read, and the next is taken when there is room${disk.suffix}`,
      async () => {
        const cramped = await launchProfile(join(disk.directory, "profile"));
        const writing = await newPage(cramped);
        await open(writing, "full");
        expect(await writing.evaluate(() => storagePage.add(1))).toBe("kept");
        const ballast = join(disk.directory, "ballast");
        const { bavail, bsize } = statfsSync(disk.directory);
        writeFileSync(ballast, new Uint8Array(bavail * bsize - 300_000));
        // Chromium does not say that it is the space that is lacking.
        expect(await writing.evaluate(() => storagePage.add(2, 1_000_000))).toBe(
          "MASQ_STORAGE_FAILED",
        );
        expect(await writing.evaluate(() => storagePage.arrivals())).toEqual([1]);
        rmSync(ballast);
        expect(await writing.evaluate(() => storagePage.add(2, 1_000_000))).toBe("kept");
        expect(await writing.evaluate(() => storagePage.arrivals())).toEqual([1, 2]);
        await cramped.close();
      },
    );

    it("cleared site data are told as a loss, not shown as an empty database", async () => {
      const { birth } = await open(page, "cleared");
      expect(await page.evaluate(() => storagePage.add(1))).toBe("kept");
      await devtools.send("Storage.clearDataForOrigin", {
        origin: server.origin,
        storageTypes: "indexeddb",
      });
      expect(await page.evaluate(() => storagePage.arrivals())).toBe("MASQ_STORAGE_DAMAGED");
      expect(await page.evaluate(() => storagePage.add(2))).toBe("MASQ_STORAGE_DAMAGED");
      const again = await open(page, "cleared");
      expect(again.isNew).toBe(true);
      expect(again.birth).not.toBe(birth);
    });

    it("every acknowledged write is there after the browser was killed", async () => {
      const directory = temporaryDirectory();
      const doomed = await launchProfile(directory);
      const writing = await newPage(doomed);
      await open(writing, "killed");
      const told = collector<number>();
      await writing.exposeFunction("told", (arrival: number) => told.push(arrival));
      writing
        .evaluate(() =>
          storagePage.write((globalThis as unknown as { told: (arrival: number) => void }).told),
        )
        .catch(() => {});
      await told.until(() => told.items.length >= 100, "a hundred writes");
      const killer = await doomed.browser()?.newBrowserCDPSession();
      const closed = new Promise((resolve) => doomed.once("close", resolve));
      killer?.send("Browser.crash").catch(() => {});
      await closed;
      const acknowledged = [...told.items];
      const relaunched = await launchProfile(directory);
      const reading = await newPage(relaunched);
      expect((await open(reading, "killed")).isNew).toBe(false);
      const kept = (await reading.evaluate(() => storagePage.arrivals())) as number[];
      expect(kept).toEqual(kept.map((_, index) => index + 1));
      expect(kept.length).toBeGreaterThanOrEqual(acknowledged.length);
      await relaunched.close();
    });
  },
);
