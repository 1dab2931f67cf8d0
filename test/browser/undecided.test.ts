/** A page that came over the network asks for a store, the browser asks its person, and nobody answers. */
import { once, type EventEmitter } from "node:events";
import { join } from "node:path";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { cliFor, type Cli } from "../scenarios/masq-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { launchPublic, serveApp, type AppServer } from "./browser.ts";
import { chromium } from "./chromium.ts";
import { openDisplay, xvfb, type Display } from "./display.ts";
import { needing } from "./engine.ts";
import { openTab } from "./pages.ts";
import { ask, outcome, statusIn, useStore } from "./using-store.ts";

/** More than the two minutes in which a person may answer. */
const LATER = "02:05";

/** Resolves when the page has begun to reach for the store: digits, and an end, come only when its browser lets it. */
const begin = async (page: Page): Promise<void> => {
  // Playwright tells of a socket only when the browser lets it out.
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const tried = once(session as unknown as EventEmitter, "Network.webSocketCreated");
  void ask(page);
  await tried;
  await session.detach();
};

const { isSkipped, suffix } = needing(chromium, xvfb);

describe.skipIf(isSkipped)(`a page whose person has not answered ${suffix}`, () => {
  let app: AppServer;
  let display: Display;
  let browser: Browser;
  let store: StoreProcess;
  let cli: Cli;

  beforeAll(async () => {
    const directory = join(temporaryDirectory(), "store");
    cli = cliFor(directory);
    [app, display, store] = await Promise.all([
      serveApp(true),
      openDisplay(),
      startStoreProcess({ directory }),
    ]);
    browser = await launchPublic(app.port, display.name);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([display?.close(), app?.close(), store?.stop()]);
  });

  const profile = async (): Promise<BrowserContext> => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    onTestFinished(() => context.close());
    // Nobody waits here for as long as a person may take.
    await context.clock.install();
    return context;
  };

  it("is told that the permission is needed, goes on, and uses the store once it is given", async () => {
    const context = await profile();
    const tab = await openTab(context, app.origin, { store: { url: store.url } });
    const { page } = tab;
    await tab.put("own", 1);
    await begin(page);
    await tab.put("meanwhile", 2);
    expect(await statusIn(page)).toMatchObject({ noStore: undefined });
    await context.clock.fastForward(LATER);
    expect(await outcome(page)).toEqual({ used: false, reason: "needs-permission" });
    expect(await statusIn(page)).toMatchObject({ noStore: "needs-permission" });
    expect(await tab.get("meanwhile")).toBe(2);

    await context.grantPermissions(["local-network-access"]);
    expect(await ask(page)).toMatch(/^\d{6}$/);
    expect((await cli("apps", "allow", app.origin, "--yes")).code).toBe(0);
    expect(await outcome(page)).toEqual({ used: true });
    expect(await statusIn(page)).toMatchObject({ noStore: undefined });
    expect([await tab.get("own"), await tab.get("meanwhile")]).toEqual([1, 2]);
  });

  it("is not asked where nothing listens", async () => {
    const free = await serveApp();
    await free.close();
    const { page } = await openTab(await profile(), app.origin, {
      store: { url: free.origin.replace("http:", "ws:") },
    });
    expect(await useStore(page)).toEqual({ used: false, reason: "absent" });
  });
});
