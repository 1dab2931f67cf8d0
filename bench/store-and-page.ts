/** A store with entries of an app, and that app in a page, which holds none yet: paired, and parted until they are to meet. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { runMasq } from "@masq/store/testing";
import { startSyncServiceProcess } from "@masq/sync-service/testing";
import { linkOfStore } from "../test/support/link-of-store.ts";
import type { BenchPage } from "./browser-page.ts";
import { samples } from "./samples.ts";
import { startStore } from "./store-process.ts";
import { openTap, type Tap } from "./tap.ts";

declare const benchPage: BenchPage;

export interface PageMeeting {
  /** From the page's connection to the sync service until it has verified. */
  readonly ms: number;
  /** The longest of the page's tasks that took more than 50 ms; 0 when none did. */
  readonly longestTaskMs: number;
}

const meet = async (page: Page, tap: Tap): Promise<PageMeeting> => {
  tap.forget();
  const met = page.evaluate(() => benchPage.verified());
  tap.setOpen(true);
  const { verifiedAt, longestTaskMs } = await met;
  // The store may have been the first to come back.
  const start = Math.max(...tap.wires.map(({ openedAt }) => openedAt));
  return { ms: verifiedAt - start, longestTaskMs };
};

/** The first synchronisation of `count` entries into `page`, which no app has used before. */
export const firstSyncIntoPage = async (
  page: Page,
  directory: string,
  count: number,
): Promise<PageMeeting> => {
  const service = await startSyncServiceProcess();
  const tap = await openTap(service.port);
  const store = await startStore(directory, tap.url);
  try {
    const data = join(directory, "data");
    const { origin } = new URL(page.url());
    await page.evaluate((url) => benchPage.connect(url), tap.url);
    const link = await linkOfStore(data, origin);
    await page.evaluate((given) => benchPage.join(given), link);
    tap.setOpen(false);
    await page.evaluate(() => benchPage.parted());
    const lines = samples(0, count).map((sample) => `${JSON.stringify(sample)}\n`);
    const file = join(directory, "entries.jsonl");
    writeFileSync(file, lines.join(""));
    await runMasq(data, "data", "import", origin, file);
    return await meet(page, tap);
  } finally {
    await store.stop();
    await tap.stop();
    await service.stop();
  }
};
