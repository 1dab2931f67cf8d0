/** Several tabs of an app that holds its data itself: one of them has the data, whatever becomes of it. */
import type { MasqClient } from "@masq/client";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { browserPath, launchBrowser, serveApp, withoutBrowser, type AppServer } from "./browser.ts";
import { openTab, type Tab } from "./pages.ts";

interface PageGlobals {
  client: MasqClient;
}

const WRITES = 150;

/** The browser's name for the tab that has the data. */
const holderIn = ({ page }: Tab): Promise<string | undefined> =>
  page.evaluate(async () => {
    const { held = [] } = await navigator.locks.query();
    return held.find(({ name }) => name === `masq:${location.origin}`)?.clientId;
  });

/** Writes many keys one after the other's start, and resolves when all are acknowledged. */
const writeMany = ({ page }: Tab, name: string): Promise<void> =>
  page.evaluate(
    async ([prefix, count]) => {
      const { client } = globalThis as unknown as PageGlobals;
      const writes: Promise<string>[] = [];
      for (let index = 0; index < count; index += 1) {
        writes.push(client.put(`${prefix}/${index}`, index));
        // In turns, so that what becomes of the holder comes in between.
        if (index % 5 === 0) await writes.at(-1);
      }
      await Promise.all(writes);
    },
    [name, WRITES] as const,
  );

const keysSeen = ({ seen }: Tab, prefix: string): string[] =>
  seen.items
    .flat()
    .map(({ key }) => key)
    .filter((key) => key.startsWith(prefix));

const whenSeen = async (tab: Tab, prefix: string, count: number): Promise<void> => {
  await tab.seen.until(
    () => keysSeen(tab, prefix).length >= count,
    `${count} changes of ${prefix}`,
  );
};

/** What the browser says to a page that it puts to sleep or wakes; a headless one does neither. */
const say = ({ page }: Tab, event: "freeze" | "resume"): Promise<void> =>
  page.evaluate((name) => void document.dispatchEvent(new Event(name)), event);

const crash = async ({ page }: Tab): Promise<void> => {
  const crashed = page.waitForEvent("crash");
  const session = await page.context().newCDPSession(page);
  // Never answered by what has crashed.
  session.send("Page.crash").catch(() => {});
  await crashed;
};

/** Ways in which a holder comes to its end. */
const ENDS: readonly { readonly how: string; readonly end: (tab: Tab) => Promise<void> }[] = [
  { how: "its tab is closed", end: ({ page }) => page.close() },
  { how: "its tab crashes", end: crash },
  {
    how: "its tab goes to another page",
    end: async ({ page }) => void (await page.goto("about:blank")),
  },
  { how: "its tab is frozen", end: (tab) => say(tab, "freeze") },
  {
    how: "its client is closed",
    end: ({ page }) => page.evaluate(() => (globalThis as unknown as PageGlobals).client.close()),
  },
  {
    // As on a page held up by a debugger: nobody says that it is, and what it does later must do no harm. It goes on
    // before a call's patience alone would have given it up.
    how: "its page hangs",
    end: ({ page }) =>
      page.evaluate(() => {
        setTimeout(() => {
          const end = performance.now() + 14_000;
          while (performance.now() < end);
        });
      }),
  },
];

describe.skipIf(browserPath === undefined)(
  `tabs that hold the data themselves ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    let app: AppServer;
    let browser: Browser;
    let context: BrowserContext;

    beforeAll(async () => {
      [app, browser] = await Promise.all([serveApp(), launchBrowser()]);
    });
    beforeEach(async () => {
      context = await browser.newContext();
    });
    afterEach(() => context.close());
    afterAll(async () => {
      await Promise.all([browser?.close(), app?.close()]);
    });

    it("see every change once, whichever of them makes it, and keep it over a reload", async () => {
      // A look at the computer would make the browser ask the person.
      const connections: string[] = [];
      context.on("page", (page) =>
        page.on("websocket", (socket) => connections.push(socket.url())),
      );
      const tabs = [
        await openTab(context, app.origin),
        await openTab(context, app.origin),
        await openTab(context, app.origin),
      ];
      for (const [index, tab] of tabs.entries()) await tab.put(`k/${index}`, index);
      for (const tab of tabs) {
        await whenSeen(tab, "k/", 3);
        expect(keysSeen(tab, "k/")).toEqual(["k/0", "k/1", "k/2"]);
      }
      await context.pages()[0]?.close();
      for (const tab of tabs.slice(1)) await tab.page.close();
      const again = await openTab(context, app.origin);
      expect((await again.list()).map(({ key, value }) => [key, value])).toEqual([
        ["k/0", 0],
        ["k/1", 1],
        ["k/2", 2],
      ]);
      expect(connections).toEqual([]);
    });

    it.each(ENDS)("lose no write and apply none twice when $how", async ({ end }) => {
      const holder = await openTab(context, app.origin);
      const [second, third] = [
        await openTab(context, app.origin),
        await openTab(context, app.origin),
      ];
      const former = await holderIn(second);
      expect(former).toBeDefined();
      const writes = [writeMany(second, "second"), writeMany(third, "third")];
      await whenSeen(second, "third", 10);
      await end(holder);
      // The others may be done by now, on a machine that is slow to end it.
      writes.push(writeMany(third, "late"));
      await Promise.all(writes);
      expect(await holderIn(second)).not.toBe(former);
      const after = await openTab(context, app.origin);
      const kept = await after.list();
      expect(kept).toHaveLength(3 * WRITES);
      expect(kept.filter(({ conflict }) => conflict)).toEqual([]);
      for (const tab of [second, third]) {
        for (const name of ["second", "third", "late"]) {
          await whenSeen(tab, name, WRITES);
          const keys = Array.from({ length: WRITES }, (_, index) => `${name}/${index}`);
          expect(keysSeen(tab, name)).toEqual(keys);
        }
      }
    });

    it("a tab that was frozen goes on where it was", async () => {
      const holder = await openTab(context, app.origin);
      const second = await openTab(context, app.origin);
      await holder.put("before", 1);
      await whenSeen(second, "before", 1);
      await say(holder, "freeze");
      await second.put("meanwhile", 2);
      await say(holder, "resume");
      await whenSeen(holder, "meanwhile", 1);
      expect(await holder.get("meanwhile")).toBe(2);
      await holder.put("after", 3);
      await whenSeen(second, "after", 1);
    });
  },
);
