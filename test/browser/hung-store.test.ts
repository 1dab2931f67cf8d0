/** A page whose store hangs with its connection open: browsers tell a page less than Node tells a program. */
import { join } from "node:path";
import type { MasqClient } from "@masq/client";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { joinAsAdmin, requestOf, within } from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { browserPath, launchBrowser, serveApp, withoutBrowser, type AppServer } from "./browser.ts";

interface PageGlobals {
  readonly MasqClient: typeof MasqClient;
  readonly showCode: (code: string) => void;
  client: MasqClient;
}

const data = join(temporaryDirectory(), "store");

describe.skipIf(browserPath === undefined)(
  `a page whose store hangs ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    let store: StoreProcess;
    let app: AppServer;
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      [store, app, browser] = await Promise.all([
        startStoreProcess({ directory: data }),
        serveApp(),
        launchBrowser(),
      ]);
      page = await browser.newPage();
      const asked = Promise.withResolvers<string>();
      await page.exposeFunction("showCode", asked.resolve);
      await page.goto(app.origin);
      const connected = page.evaluate(async (url) => {
        const global = globalThis as unknown as PageGlobals;
        global.client = await global.MasqClient.connect({
          app: { name: "Patient page" },
          mode: "store",
          store: { url },
          patienceMs: 2000,
          onConsent: ({ code }) => global.showCode(code),
        });
      }, store.url);
      const admin = await joinAsAdmin(data, store.port);
      const code = await asked.promise;
      // The page knows its digits a moment before its request has reached the store.
      await requestOf(admin, app.origin);
      await admin.call("admin.allow", [app.origin, code]);
      await Promise.all([admin.close(), connected]);
    });

    afterAll(async () => {
      await browser?.close();
      await Promise.all([store?.stop(), app?.close()]);
    });

    it("waits no longer than its patience, and is served when the store is back", async () => {
      await page.evaluate(() => (globalThis as unknown as PageGlobals).client.put("k", 1));
      process.kill(store.pid, "SIGSTOP");
      const wake = (): void => void process.kill(store.pid, "SIGCONT");
      onTestFinished(wake);
      const codes = await within(
        20_000,
        "the end of both calls",
        page.evaluate(async () => {
          const { client } = globalThis as unknown as PageGlobals;
          const ended = await Promise.allSettled([client.get("k"), client.put("k", 2)]);
          return ended.map((each) =>
            each.status === "rejected" ? (each.reason as { readonly code: string }).code : "done",
          );
        }),
      );
      expect(codes).toEqual(["MASQ_STORE_UNREACHABLE", "MASQ_OUTCOME_UNKNOWN"]);
      const back = page.evaluate(
        () =>
          new Promise<void>((resolve) => {
            (globalThis as unknown as PageGlobals).client.on("status", ({ connected }) => {
              if (connected) resolve();
            });
          }),
      );
      wake();
      await within(30_000, "the connection to come back", back);
      const entry = await page.evaluate(async () => {
        const { client } = globalThis as unknown as PageGlobals;
        // As one does whose write may have been applied.
        await client.get("k");
        await client.put("k", 3);
        return client.getEntry("k");
      });
      expect(entry).toMatchObject({ value: 3, conflict: false });
    });
  },
);
