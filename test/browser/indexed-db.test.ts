/** The browser's storage in Chromium, and what only Chromium can be brought to. */
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallDisk } from "../support/small-disk.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { launchProfile, type AppServer } from "./browser.ts";
import { chromium } from "./chromium.ts";
import { needing } from "./engine.ts";
import type { StoragePage } from "./indexed-db-page.ts";
import { openIn, serveStorage, storageScenario, storageTab } from "./storage-scenario.ts";

/** A profile takes some 30 MiB. */
const disk = smallDisk(200);

declare const storagePage: StoragePage;

storageScenario(chromium);

const { isSkipped, suffix } = needing(chromium);

describe.skipIf(isSkipped)(`IndexedDB storage in Chromium, in trouble ${suffix}`, () => {
  let server: AppServer;

  beforeAll(async () => {
    server = await serveStorage();
  });
  afterAll(async () => {
    await server?.close();
  });

  it.skipIf(disk.trouble !== undefined)(
    `a full disk refuses the write alone: what is there can be read, and the next is taken when there is room${disk.suffix}`,
    async () => {
      const cramped = await launchProfile(join(disk.directory, "profile"));
      const writing = await storageTab(cramped, server);
      await openIn(writing, "full");
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
    const browser: BrowserContext = await launchProfile(temporaryDirectory());
    const page = await storageTab(browser, server);
    const { birth } = await openIn(page, "cleared");
    expect(await page.evaluate(() => storagePage.add(1))).toBe("kept");
    const devtools = await browser.newCDPSession(page);
    await devtools.send("Storage.clearDataForOrigin", {
      origin: server.origin,
      storageTypes: "indexeddb",
    });
    expect(await page.evaluate(() => storagePage.arrivals())).toBe("MASQ_STORAGE_DAMAGED");
    expect(await page.evaluate(() => storagePage.add(2))).toBe("MASQ_STORAGE_DAMAGED");
    const again = await openIn(page, "cleared");
    expect(again.isNew).toBe(true);
    expect(again.birth).not.toBe(birth);
    await browser.close();
  });
});
