/** Two Node programs and a page share one namespace on one store and see each other's changes. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { MasqClient, type Entry } from "@masq/client";
import { collector } from "@masq/core/testing";
import { masqBinary, startStoreProcess, type StoreProcess } from "@masq/store/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { browserPath, launchBrowser, serveApp, withoutBrowser, type AppServer } from "./browser.ts";

/** What the page and the test say to each other. */
interface PageGlobals {
  readonly MasqClient: typeof MasqClient;
  readonly showCode: (code: string) => void;
  readonly pageSaw: (change: unknown) => void;
  connected: Promise<MasqClient>;
  client: MasqClient;
}

const APP_ID = "org.example.shared";
const directory = temporaryDirectory();
const dataDirectory = join(directory, "store");

const masq = async (...args: string[]): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    masqBinary,
    ...args,
    "--json",
    "--data-dir",
    dataDirectory,
  ]);
  return JSON.parse(stdout);
};

describe.skipIf(browserPath === undefined)(
  `a page and two Node programs ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    let store: StoreProcess;
    let app: AppServer;
    let browser: Browser;
    let page: Page;
    let first: MasqClient;
    let second: MasqClient;

    const connect = (name: string): Promise<MasqClient> =>
      MasqClient.connect({
        app: { name, id: APP_ID },
        directory: join(directory, name),
        store: { url: store.url },
        onConsent: () => {},
      });

    beforeAll(async () => {
      [store, app, browser] = await Promise.all([
        startStoreProcess({ directory: dataDirectory, allow: [APP_ID] }),
        serveApp(),
        launchBrowser(),
      ]);
      [first, second] = await Promise.all([connect("first"), connect("second")]);
      page = await browser.newPage();
      await page.goto(app.origin);
    });

    afterAll(async () => {
      await Promise.all([first?.close(), second?.close(), browser?.close()]);
      await Promise.all([store?.stop(), app?.close()]);
    });

    /** Begins to connect in the page; resolves with the digits it shows, before the owner has answered. */
    const connectPage = async (): Promise<string> => {
      const { promise, resolve } = Promise.withResolvers<string>();
      await page.exposeFunction("showCode", resolve);
      await page.evaluate(
        ({ url, namespace }) => {
          const global = globalThis as unknown as PageGlobals;
          global.connected = global.MasqClient.connect({
            app: { name: "The page" },
            namespace,
            store: { url },
            onConsent: ({ code }) => global.showCode(code),
          });
        },
        { url: store.url, namespace: `app:${APP_ID}` },
      );
      return promise;
    };

    it("asks its owner for another app's namespace, showing the digits the store shows", async () => {
      const code = await connectPage();
      const requests = (await masq("apps", "requests")) as Record<string, unknown>[];
      expect(requests).toMatchObject([
        { app: app.origin, name: "The page", namespaces: [`app:${APP_ID}`], code },
      ]);
      await masq("apps", "allow", app.origin, "--code", code);
      const mode = await page.evaluate(async () => {
        const global = globalThis as unknown as PageGlobals;
        global.client = await global.connected;
        return global.client.mode;
      });
      expect(mode).toBe("store");
    });

    it("all three see each other's changes", async () => {
      const seenByFirst = collector<Entry>();
      const seenByPage = collector<Entry>();
      first.watch("place/", (changes) => changes.forEach((change) => seenByFirst.push(change)));
      await first.get("place/none");
      await page.exposeFunction("pageSaw", (change: Entry) => seenByPage.push(change));
      await page.evaluate(async () => {
        const { client, pageSaw } = globalThis as unknown as PageGlobals;
        client.watch("place/", (changes) =>
          changes.forEach(({ key, value }) => pageSaw({ key, value })),
        );
        await client.get("place/none");
        await client.put("place/page", {
          name: "From the page",
          when: new Date(0),
          bytes: Uint8Array.of(1, 2, 3),
        });
      });
      await second.put("place/node", { name: "From Node" });
      await seenByFirst.until(
        () => seenByFirst.items.length === 2,
        "both changes at the first program",
      );
      await seenByPage.until(() => seenByPage.items.length === 2, "both changes at the page");
      expect(seenByFirst.items.map(({ key }) => key).toSorted()).toEqual([
        "place/node",
        "place/page",
      ]);
      expect(seenByPage.items.map(({ key }) => key).toSorted()).toEqual([
        "place/node",
        "place/page",
      ]);
      expect(await second.get("place/page")).toEqual({
        name: "From the page",
        when: new Date(0),
        bytes: Uint8Array.of(1, 2, 3),
      });
    });

    it("the page comes back without being asked about again, with a key it cannot read itself", async () => {
      await page.reload();
      const value = await page.evaluate(
        async ({ url, namespace }) => {
          const global = globalThis as unknown as PageGlobals;
          const client = await global.MasqClient.connect({
            app: { name: "The page" },
            namespace,
            store: { url },
          });
          return client.get("place/node");
        },
        { url: store.url, namespace: `app:${APP_ID}` },
      );
      expect(value).toEqual({ name: "From Node" });
      const isExtractable = await page.evaluate(
        () =>
          new Promise<boolean>((resolve) => {
            const opening = indexedDB.open("masq");
            opening.onsuccess = () => {
              const request = opening.result
                .transaction("credentials")
                .objectStore("credentials")
                .getAll();
              request.onsuccess = () =>
                resolve(
                  (request.result as { keys: CryptoKeyPair }[])[0]?.keys.privateKey.extractable ??
                    true,
                );
            };
          }),
      );
      expect(isExtractable).toBe(false);
    });
  },
);
