/** Two tabs of one web app: one identity, each with a connection of its own. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { MasqClient } from "@masq/client";
import { collector, type Collector } from "@masq/core/testing";
import { masqBinary, startStoreProcess, type StoreProcess } from "@masq/store/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { browserPath, launchBrowser, serveApp, withoutBrowser, type AppServer } from "./browser.ts";

interface PageGlobals {
  readonly MasqClient: typeof MasqClient;
  readonly showCode: (code: string) => void;
  readonly saw: (key: string, value: unknown) => void;
  client: MasqClient;
}

interface Change {
  readonly key: string;
  readonly value: unknown;
}

interface Tab {
  readonly page: Page;
  readonly seen: Collector<Change>;
}

const directory = temporaryDirectory();
const data = join(directory, "store");

const masq = async (...args: string[]): Promise<Record<string, unknown>[]> => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    masqBinary,
    ...args,
    "--json",
    "--data-dir",
    data,
  ]);
  return JSON.parse(stdout) as Record<string, unknown>[];
};

const keysOf = ({ seen }: Tab): string[] => seen.items.map(({ key }) => key);

const put = (tab: Tab, key: string, value: unknown): Promise<string> =>
  tab.page.evaluate(
    (entry) => (globalThis as unknown as PageGlobals).client.put(entry.key, entry.value),
    { key, value },
  );

const get = (tab: Tab, key: string): Promise<unknown> =>
  tab.page.evaluate((name) => (globalThis as unknown as PageGlobals).client.get(name), key);

describe.skipIf(browserPath === undefined)(
  `two tabs of one web app ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    let store: StoreProcess;
    let app: AppServer;
    let browser: Browser;
    let context: BrowserContext;
    let first: Tab;
    let second: Tab;

    /** A tab that follows everything. The first one asks for access, the others find the grant. */
    const openTab = async (showCode: (code: string) => void): Promise<Tab> => {
      const page = await context.newPage();
      const seen = collector<Change>();
      await page.exposeFunction("showCode", showCode);
      await page.exposeFunction("saw", (key: string, value: unknown) => seen.push({ key, value }));
      await page.goto(app.origin);
      await page.evaluate(async (url) => {
        const global = globalThis as unknown as PageGlobals;
        global.client = await global.MasqClient.connect({
          app: { name: "Two tabs" },
          mode: "store",
          store: { url },
          onConsent: ({ code }) => global.showCode(code),
        });
        global.client.watch("", (changes) =>
          changes.forEach(({ key, value }) => global.saw(key, value)),
        );
        await global.client.get("none");
      }, store.url);
      return { page, seen };
    };

    beforeAll(async () => {
      [store, app, browser] = await Promise.all([
        startStoreProcess({ directory: data }),
        serveApp(),
        launchBrowser(),
      ]);
      context = await browser.newContext();
    });

    afterAll(async () => {
      await browser?.close();
      await Promise.all([store?.stop(), app?.close()]);
    });

    it("are one app to the store: the second is not asked about", async () => {
      const asked = Promise.withResolvers<string>();
      const opening = openTab(asked.resolve);
      await masq("apps", "allow", app.origin, "--code", await asked.promise);
      first = await opening;
      second = await openTab(() => expect.unreachable("the owner is not asked again"));
      const apps = await masq("apps");
      expect(apps).toMatchObject([{ app: app.origin, keys: 1 }]);
      expect(await masq("apps", "requests")).toEqual([]);
    });

    it("both see what either writes", async () => {
      await put(first, "from/first", 1);
      await put(second, "from/second", 2);
      for (const tab of [first, second]) {
        await tab.seen.until(({ length }) => length >= 2, "the changes of both");
        expect(tab.seen.items).toEqual([
          { key: "from/first", value: 1 },
          { key: "from/second", value: 2 },
        ]);
      }
      expect([await get(second, "from/first"), await get(first, "from/second")]).toEqual([1, 2]);
    });

    it("both keep what they write at once", async () => {
      const writes = [first, second].map((tab, index) =>
        tab.page.evaluate(async (name) => {
          const { client } = globalThis as unknown as PageGlobals;
          await Promise.all(
            Array.from({ length: 100 }, (_, each) => client.put(`many/${name}/${each}`, each)),
          );
        }, `tab ${index}`),
      );
      await Promise.all(writes);
      for (const tab of [first, second]) {
        await tab.seen.until(
          () => keysOf(tab).filter((key) => key.startsWith("many/")).length === 200,
          "two hundred changes",
        );
      }
      const kept = await first.page.evaluate(async () => {
        const { client } = globalThis as unknown as PageGlobals;
        return (await client.list({ prefix: "many/" })).length;
      });
      expect(kept).toBe(200);
    });

    it("one that closes does not disturb the other", async () => {
      await second.page.close();
      const before = first.seen.items.length;
      await put(first, "alone", true);
      await first.seen.until(({ length }) => length > before, "its own change");
      expect(keysOf(first).at(-1)).toBe("alone");
      const status = await first.page.evaluate(async () => {
        const { connected, ended } = await (globalThis as unknown as PageGlobals).client.status();
        return { connected, ended };
      });
      expect(status).toEqual({ connected: true, ended: undefined });
      const third = await openTab(() => expect.unreachable("the owner is not asked again"));
      expect(await get(third, "alone")).toBe(true);
    });
  },
);
