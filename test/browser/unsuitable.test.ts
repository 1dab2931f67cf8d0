/** Pages and browsers in which Masq cannot work say so in plain words. */
import type { ConnectOptions, MasqClient } from "@masq/client";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import {
  browserPath,
  launchBrowser,
  launchForbidding,
  serveApp,
  withoutBrowser,
  type AppServer,
} from "./browser.ts";

type Mode = ConnectOptions["mode"];

interface PageGlobals {
  readonly MasqClient: typeof MasqClient;
}

/** How connecting ends in the page; whether a store runs does not matter, it does not come to that. */
const connectIn = (
  page: Page,
  mode: Mode = "store",
): Promise<{ readonly code: unknown; readonly message: string }> =>
  page.evaluate(async (wanted) => {
    const { MasqClient: Client } = globalThis as unknown as PageGlobals;
    try {
      await Client.connect({
        app: { name: "A page" },
        mode: wanted,
        store: { url: "ws://127.0.0.1:1" },
      });
      return { code: "connected", message: "" };
    } catch (error) {
      const { code, message } = error as { readonly code: unknown; readonly message: string };
      return { code, message };
    }
  }, mode);

describe.skipIf(browserPath === undefined)(
  `a page that cannot use Masq ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    let app: AppServer;
    let browser: Browser;
    const directory = temporaryDirectory();

    beforeAll(async () => {
      [app, browser] = await Promise.all([serveApp(), launchBrowser()]);
    });

    afterAll(async () => {
      await Promise.all([browser?.close(), app?.close()]);
    });

    it("is one that may not keep anything in the browser", async () => {
      const context = await launchForbidding(directory);
      onTestFinished(() => context.close());
      const page = await context.newPage();
      await page.goto(app.origin);
      expect(await connectIn(page)).toEqual({
        code: "MASQ_BROWSER_UNSUITABLE",
        message: expect.stringContaining("Allow it to store data"),
      });
      for (const mode of ["peer", "auto"] as const)
        expect((await connectIn(page, mode)).code).toBe("MASQ_BROWSER_UNSUITABLE");
    });

    it("is one in a browser that is too old for X25519", async () => {
      const page = await browser.newPage();
      // The answer of an engine without it; the one here cannot be made to forget it.
      await page.addInitScript(() => {
        const refuse = (): Promise<never> =>
          Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"));
        Object.assign(SubtleCrypto.prototype, { generateKey: refuse });
      });
      await page.goto(app.origin);
      expect(await connectIn(page)).toEqual({
        code: "MASQ_BROWSER_UNSUITABLE",
        message: expect.stringContaining("X25519"),
      });
    });

    it("is one that is no secure context", async () => {
      const page = await browser.newPage();
      await page.goto(app.origin.replace("127.0.0.1", "insecure.test"));
      expect(await page.evaluate(() => isSecureContext)).toBe(false);
      for (const mode of ["store", "peer", "auto"] as const) {
        expect(await connectIn(page, mode)).toEqual({
          code: "MASQ_OPTION_INVALID",
          message: expect.stringContaining("https"),
        });
      }
    });
  },
);
