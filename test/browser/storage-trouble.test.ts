/** A page whose browser has no more space for it, or has deleted what it kept: what it tells, and that it goes on. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { axeViolations } from "./axe.ts";
import { browserPath, withoutBrowser } from "./browser.ts";
import { useConnectApp, type AppDevice, type PageGlobals } from "./connect-app.ts";

/** The browser refuses to take more for the app's data while the tab says so, over its reloads. */
const refuseWhenFull = (): void => {
  for (const name of ["add", "put"] as const) {
    const real = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function (this: IDBObjectStore, ...args) {
      if (localStorage.getItem("full") !== null && this.transaction.db.name.startsWith("masq http"))
        throw new DOMException("injected by the test", "QuotaExceededError");
      return real.apply(this, args);
    };
  }
};

const setFull = (page: Page, isFull: boolean): Promise<void> =>
  page.evaluate((full) => {
    if (full) localStorage.setItem("full", "yes");
    else localStorage.removeItem("full");
  }, isFull);

/** What the page's client answers, or the code of why not. */
const ask = (page: Page, method: "put" | "get" | "del" | "list", ...args: string[]) =>
  page.evaluate(
    async (asked) => {
      const { client } = globalThis as unknown as PageGlobals;
      const call = client[asked.method] as (...rest: string[]) => Promise<unknown>;
      return call.apply(client, asked.args).catch((error: { code: string }) => error.code);
    },
    { method, args },
  );

const begin = async (page: Page): Promise<void> => {
  await page.waitForFunction(() => "begin" in globalThis);
  await page.evaluate(() => (globalThis as unknown as PageGlobals).begin(undefined, undefined));
};

const isEvicted = (page: Page): Promise<boolean> =>
  page.evaluate(async () => (await (globalThis as unknown as PageGlobals).client.status()).evicted);

/** The data alone: what else the site keeps stays, as when a browser evicts them. */
const deleteData = (page: Page): Promise<void> =>
  page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const deleting = indexedDB.deleteDatabase(`masq ${location.origin}`);
        deleting.onsuccess = () => resolve();
        deleting.onerror = () => reject(deleting.error);
      }),
  );

const pair = async (inviter: Page, joiner: Page): Promise<void> => {
  const link = await inviter.evaluate(async () => {
    const { client } = globalThis as unknown as PageGlobals;
    return (await client.pairing.invite({ confirm: () => true })).link;
  });
  await joiner.evaluate(async (given) => {
    const { client } = globalThis as unknown as PageGlobals;
    await client.pairing.accept(given, { confirm: () => true });
  }, link);
};

const headed = ({ dialog }: AppDevice, text: string): Promise<void> =>
  dialog.getByRole("heading", { level: 3, name: text }).waitFor();

describe.skipIf(browserPath === undefined)(
  `trouble with a browser's storage ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    const { open, openDialog } = useConnectApp();

    it("is told when a synchronisation finds no space, and is over by itself when there is some", async () => {
      const [one, other] = [await openDialog(), await openDialog()];
      await other.page.evaluate(refuseWhenFull);
      await ask(one.page, "put", "before", "it");
      await pair(one.page, other.page);
      await headed(other, "Everything verified");
      await setFull(other.page, true);
      await ask(one.page, "put", "k", "too much");
      await headed(other, "No space left");
      expect(await other.button.innerText()).toContain("No space left");
      await other.says("What was saved before is safe and can be read.");
      await other.says("Free some space on this device");
      expect(await other.dialog.locator(".facts").first().innerText()).toBe("No space left");
      expect(await axeViolations(other.page)).toEqual([]);
      expect(await ask(other.page, "get", "before")).toBe("it");
      expect(await ask(other.page, "put", "mine", "too")).toBe("MASQ_STORAGE_FULL");
      await setFull(other.page, false);
      await headed(other, "Everything verified");
      expect(await ask(other.page, "get", "k")).toBe("too much");
    });

    it("leaves what is there within reach of a page that is opened then, in all its tabs, and ends with a write", async () => {
      const device = await open({ syncService: undefined });
      const { page } = device;
      await page.context().addInitScript(refuseWhenFull);
      await ask(page, "put", "kept", "here");
      await setFull(page, true);
      await page.reload();
      await begin(page);
      const second = await page.context().newPage();
      await second.goto(page.url());
      await begin(second);
      for (const tab of [page, second]) {
        await tab.locator("masq-connect button.glance.full").waitFor();
        expect(await ask(tab, "get", "kept")).toBe("here");
        expect(await ask(tab, "list")).toMatchObject([{ key: "kept" }]);
        expect(await ask(tab, "del", "kept")).toBe("MASQ_STORAGE_FULL");
      }
      await setFull(page, false);
      expect(await ask(second, "put", "new", "there")).toMatch(/^[0-9a-f]/);
      for (const tab of [page, second]) {
        await tab.locator("masq-connect button.glance.alone").waitFor();
        expect(await ask(tab, "get", "new")).toBe("there");
      }
    });

    it("is told of data deleted under an open page, which is another device after a reload, until it holds something", async () => {
      const device = await open({ syncService: undefined });
      const { page } = device;
      await ask(page, "put", "k", "gone");
      await device.page.locator("masq-connect button.glance.alone").waitFor();
      await deleteData(page);
      // As when the person comes back from the browser's settings.
      await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
      await page.locator("masq-connect button.glance.troubled").waitFor();
      expect(await ask(page, "get", "k")).toBe("MASQ_STORAGE_DAMAGED");
      await device.button.click();
      await headed(device, "The data cannot be read any more");
      expect(await device.button.innerText()).toContain("Storage problem");
      await Promise.all([page.waitForEvent("load"), device.press("Reload this page")]);
      await begin(page);
      await device.button.click();
      await device.dialog.getByText("The browser deleted what this app kept here.").waitFor();
      expect(await isEvicted(page)).toBe(true);
      await ask(page, "put", "x", "new");
      expect(await isEvicted(page)).toBe(false);
      await ask(page, "del", "x");
      expect(await isEvicted(page)).toBe(false);
    });

    it("is no longer told of deleted data once the new device is paired, with one that holds nothing too", async () => {
      const [one, other] = [await open(), await open()];
      await ask(other.page, "put", "k", "gone");
      await other.page.evaluate(() => (globalThis as unknown as PageGlobals).client.close());
      await deleteData(other.page);
      const again = await other.page.context().newPage();
      await again.goto(other.page.url());
      await begin(again);
      expect(await isEvicted(again)).toBe(true);
      await pair(one.page, again);
      expect(await isEvicted(again)).toBe(false);
    });
  },
);
