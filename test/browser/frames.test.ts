/** An app in a frame of another site's page: it has data of its own there, and a store where the page around it allows that. */
import { join } from "node:path";
import type { MasqClient } from "@masq/client";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import type { BrowserContext, Frame, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { cliFor, type Cli } from "../scenarios/masq-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import {
  browserPath,
  launchPublicProfile,
  serveApp,
  servePage,
  withoutBrowser,
  type AppServer,
} from "./browser.ts";
import { openTab } from "./pages.ts";
import { ask, outcome, statusIn, useStore, type Scripted } from "./using-store.ts";

interface PageGlobals {
  readonly MasqClient: typeof MasqClient;
  client: MasqClient;
}

/** What the page around says of it. */
const ALLOW = "loopback-network";

const put = (page: Scripted, value: string): Promise<void> =>
  page.evaluate(async (given) => {
    await (globalThis as unknown as PageGlobals).client.put("own", given);
  }, value);

const get = (page: Scripted): Promise<unknown> =>
  page.evaluate(() => (globalThis as unknown as PageGlobals).client.get("own"));

describe.skipIf(browserPath === undefined)(
  `an app in a frame ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    let app: AppServer;
    let around: AppServer;
    let store: StoreProcess;
    let cli: Cli;

    beforeAll(async () => {
      const directory = join(temporaryDirectory(), "store");
      cli = cliFor(directory);
      [app, around, store] = await Promise.all([
        serveApp(true),
        servePage("<!doctype html><title>Around</title>", [], true),
        startStoreProcess({ directory }),
      ]);
    });
    afterAll(async () => {
      await Promise.all([app?.close(), around?.close(), store?.stop()]);
    });

    const profile = async (isAllowed: boolean): Promise<BrowserContext> => {
      const ports = [app.port, around.port];
      const context = await launchPublicProfile(temporaryDirectory(), ports, isAllowed);
      onTestFinished(() => context.close());
      return context;
    };

    /** The app with its client in a frame, of a page of another site. */
    const openFrame = async (page: Page, allow: string): Promise<Frame> => {
      await page.goto(around.origin.replace("public.test", "around.test"));
      const attached = page.waitForEvent("frameattached");
      await page.evaluate(
        ([src, allowed]) =>
          new Promise((resolve) => {
            const frame = Object.assign(document.createElement("iframe"), { src, allow: allowed });
            frame.onload = resolve;
            document.body.append(frame);
          }),
        [app.origin, allow] as const,
      );
      const frame = await attached;
      await frame.evaluate(async (url) => {
        const global = globalThis as unknown as PageGlobals;
        global.client = await global.MasqClient.connect({
          app: { name: "Framed" },
          store: { url },
        });
      }, store.url);
      return frame;
    };

    it("may not reach the store where the page around it says nothing, and goes on with data of its own", async () => {
      const context = await profile(true);
      const page = await context.newPage();
      const frame = await openFrame(page, "");
      await put(frame, "framed");
      expect(await useStore(frame)).toEqual({ used: false, reason: "blocked-by-browser" });
      expect(await statusIn(frame)).toMatchObject({ mode: "peer", noStore: "blocked-by-browser" });
      expect(await get(frame)).toBe("framed");
      // A browser keeps what a frame holds apart from what the same app holds in a tab of its own.
      const tab = await openTab(context, app.origin);
      expect(await tab.get("own")).toBeUndefined();
      expect(await get(await openFrame(page, ""))).toBe("framed");
    });

    it("may as little as any page where the page allows it and the person does not", async () => {
      const page = await (await profile(false)).newPage();
      const frame = await openFrame(page, ALLOW);
      await put(frame, "again");
      expect(await useStore(frame)).toEqual({ used: false, reason: "blocked-by-browser" });
      expect(await get(await openFrame(page, ALLOW))).toBe("again");
    });

    it("uses the store where both allow it", async () => {
      const frame = await openFrame(await (await profile(true)).newPage(), ALLOW);
      await put(frame, "given");
      expect(await ask(frame)).toMatch(/^\d{6}$/);
      expect((await cli("apps", "allow", app.origin, "--yes")).code).toBe(0);
      expect(await outcome(frame)).toEqual({ used: true });
      expect(await statusIn(frame)).toMatchObject({ mode: "store" });
      expect(await get(frame)).toBe("given");
    });
  },
);
