/** The browser's storage in Chromium, and what only Chromium can be brought to. */
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { launchProfile, type AppServer } from "./browser.ts";
import { chromium } from "./chromium.ts";
import { needing } from "./engine.ts";
import type { StoragePage } from "./indexed-db-page.ts";
import { openIn, serveStorage, storageScenario, storageTab } from "./storage-scenario.ts";

declare const storagePage: StoragePage;

// Chromium does not say that it is the space that is lacking.
storageScenario(chromium, "MASQ_STORAGE_FAILED");

const { isSkipped, suffix } = needing(chromium);

describe.skipIf(isSkipped)(`IndexedDB storage in Chromium, cleared ${suffix}`, () => {
  let server: AppServer;

  beforeAll(async () => {
    server = await serveStorage();
  });
  afterAll(async () => {
    await server?.close();
  });

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
