/** A browser's own replica, kept in IndexedDB; each write acknowledged when it is on the disk. */
import { join } from "node:path";
import { browserPath } from "../../test/browser/browser.ts";
import type { BenchPage } from "../browser-page.ts";
import { withLauncher } from "../browser.ts";
import { atLeast, atMost, atMostInAll, atMostOver, type Figure, type Scale } from "../figure.ts";
import { interleaved, median, type Pair } from "../measure.ts";
import { keyOf } from "../samples.ts";
import { firstSyncIntoPage } from "../store-and-page.ts";

declare const benchPage: BenchPage;

const ROWS = 10_000;
const PAGE_ROWS = 1000;
/** Entries of 200 characters in a page of a first synchronisation, about: as many in each bare transaction. */
const SYNCED_ROWS = 2000;
const MAX_SYNC_ROUNDS = 3;

const put: Figure = {
  name: "browser-put",
  title: "put in a browser's replica, one at a time, p50",
  unit: "us",
  limitTitle: "a bare strict transaction with one record, p50",
  goal: atMost(1.5, "a bare strict transaction"),
  measure: ({ rounds, of, directory }) =>
    withLauncher(directory, ({ inPage }) =>
      inPage("profile", (page) =>
        interleaved(rounds, {
          value: () => page.evaluate((times) => benchPage.put(times), of(500)),
          limit: () => page.evaluate((times) => benchPage.barePut(times), of(500)),
        }),
      ),
    ),
};

const merge = (isIndexed: boolean): Figure => ({
  name: isIndexed ? "browser-merge" : "browser-merge-plain",
  title: isIndexed
    ? "first sync of 10,000 versions in a browser"
    : "the same, against a plain store",
  unit: "/s",
  limitTitle: `the same records put into a bare store ${isIndexed ? "with the index by arrival" : "without index"}`,
  ...(isIndexed && { goal: atLeast(0.6, "the same records in a bare store") }),
  measure: ({ rounds, of, directory }) =>
    withLauncher(directory, ({ inPage }) =>
      inPage("profile", (page) =>
        interleaved(rounds, {
          value: () =>
            page.evaluate(([rows, size]) => benchPage.merge(rows, size), [
              of(ROWS),
              PAGE_ROWS,
            ] as const),
          limit: () =>
            page.evaluate(([rows, size, indexed]) => benchPage.barePuts(rows, size, indexed), [
              of(ROWS),
              PAGE_ROWS,
              isIndexed,
            ] as const),
        }),
      ),
    ),
});

const open: Figure = {
  name: "browser-open",
  title: "open a browser's replica with 10,000 entries until the first read",
  unit: "ms",
  limitTitle: "open an empty bare database",
  goal: atMostOver(100, "ms", "an empty database"),
  measure: ({ rounds, directory }) =>
    withLauncher(directory, async ({ inPage }) => {
      await inPage("full", (page) =>
        page.evaluate(([rows, size]) => benchPage.merge(rows, size), [ROWS, PAGE_ROWS] as const),
      );
      await inPage("empty", (page) => page.evaluate(() => benchPage.bareOpen()));
      return interleaved(rounds, {
        value: () =>
          inPage("full", (page) => page.evaluate((key) => benchPage.open(key), keyOf(ROWS / 2))),
        limit: () => inPage("empty", (page) => page.evaluate(() => benchPage.bareOpen())),
      });
    }),
};

interface FirstSync {
  readonly perSecond: Pair;
  readonly longestTaskMs: Pair;
}

const measureFirstSync = ({ rounds, of, directory }: Scale): Promise<FirstSync> =>
  withLauncher(directory, async ({ inPage }) => {
    const count = of(ROWS);
    const met = [];
    const bare = [];
    for (let round = 0; round < Math.min(rounds, MAX_SYNC_ROUNDS); round += 1) {
      met.push(
        await inPage(`app-${round}`, (page) =>
          firstSyncIntoPage(page, join(directory, `store-${round}`), count),
        ),
      );
      bare.push(
        await inPage(`bare-${round}`, (page) =>
          page.evaluate(
            async ([rows, size]) => ({
              perSecond: await benchPage.barePuts(rows, size, true),
              longestTaskMs: await benchPage.longestTaskMs(),
            }),
            [count, SYNCED_ROWS] as const,
          ),
        ),
      );
    }
    return {
      perSecond: {
        value: median(met.map(({ ms }) => (count / ms) * 1000)),
        limit: median(bare.map(({ perSecond }) => perSecond)),
      },
      longestTaskMs: {
        value: Math.max(...met.map(({ longestTaskMs }) => longestTaskMs)),
        limit: Math.max(...bare.map(({ longestTaskMs }) => longestTaskMs)),
      },
    };
  });

/** Both figures are taken from the same runs. */
let measuredFirstSync: Promise<FirstSync> | undefined;

const firstSync: Figure = {
  name: "browser-first-sync",
  title: "first sync of 10,000 entries into a page",
  unit: "/s",
  limitTitle: "the same records put into a bare store with the index by arrival",
  goal: atLeast(0.6, "the same records in a bare store"),
  measure: async (scale) => (await (measuredFirstSync ??= measureFirstSync(scale))).perSecond,
};

const longestTask: Figure = {
  name: "browser-first-sync-task",
  title: "the page's longest task above 50 ms meanwhile; 0: none",
  unit: "ms",
  limitTitle: "the same while the bare store is filled",
  goal: atMostInAll(50, "ms"),
  measure: async (scale) => (await (measuredFirstSync ??= measureFirstSync(scale))).longestTaskMs,
};

/** None where there is no Chromium. */
export const BROWSER: readonly Figure[] =
  browserPath === undefined ? [] : [put, merge(true), merge(false), open, firstSync, longestTask];
