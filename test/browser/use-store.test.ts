/** A page that holds its data itself turns to the store of its computer, in a real browser: what it is told, and what becomes of its data. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { ConnectOptions, MasqClient } from "@masq/client";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { bundleClient } from "../../scripts/bundle-client.ts";
import { cliFor, type Cli } from "../scenarios/masq-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import {
  browserPath,
  launchBrowser,
  launchPublic,
  serveApp,
  servePage,
  withoutBrowser,
  type AppServer,
} from "./browser.ts";
import { openTab } from "./pages.ts";
import { ask, outcome, statusIn, useStore } from "./using-store.ts";

interface PageGlobals {
  readonly MasqClient: typeof MasqClient;
  client: MasqClient;
}

/** Resolves when the client of the page is in this mode. */
const whenMode = (page: Page, wanted: "store" | "peer"): Promise<void> =>
  page.evaluate(async (mode) => {
    const { client } = globalThis as unknown as PageGlobals;
    const { promise, resolve } = Promise.withResolvers<void>();
    client.on("status", (status) => status.mode === mode && resolve());
    if (client.mode === mode) resolve();
    await promise;
  }, wanted);

/** The seeds of the page's keys, as they are kept. */
const sealedKeys = (page: Page): Promise<number[]> =>
  page.evaluate(
    () =>
      new Promise<number[]>((resolve, reject) => {
        const opening = indexedDB.open("masq keys");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const reading = opening.result.transaction("keys").objectStore("keys").getAll();
          reading.onsuccess = () => {
            const [{ sealed }] = reading.result as [{ sealed: ArrayBuffer }];
            opening.result.close();
            resolve([...new Uint8Array(sealed)]);
          };
        };
      }),
  );

describe.skipIf(browserPath === undefined)(
  `a page and the store of its computer ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    let app: AppServer;
    let browser: Browser;
    let store: StoreProcess;
    let cli: Cli;

    beforeAll(async () => {
      const directory = join(temporaryDirectory(), "store");
      cli = cliFor(directory);
      [app, browser, store] = await Promise.all([
        serveApp(),
        launchBrowser(),
        startStoreProcess({ directory }),
      ]);
    });
    afterAll(async () => {
      await Promise.all([browser?.close(), app?.close(), store?.stop()]);
    });

    const options = (): Partial<ConnectOptions> => ({ store: { url: store.url } });

    const profile = async (): Promise<BrowserContext> => {
      const context = await browser.newContext();
      onTestFinished(() => context.close());
      return context;
    };

    const allow = async (origin: string): Promise<void> => {
      expect((await cli("apps", "allow", origin, "--yes")).code).toBe(0);
    };

    it("gives its data over from any tab, in all tabs, and comes back when access is withdrawn", async () => {
      const context = await profile();
      const first = await openTab(context, app.origin, options());
      const second = await openTab(context, app.origin, options());
      await first.put("place", "home");
      await second.get("place");
      await first.put("place", "one");
      // Made without having seen the other.
      await second.page.evaluate(async () => {
        const { client } = globalThis as unknown as PageGlobals;
        await client.batch([{ op: "put", key: "apart", value: 0 }]);
      });
      await second.seen.until(
        (items) => items.flat().some(({ key }) => key === "apart"),
        "what was written",
      );
      const before = await first.list();
      const told = first.seen.items.length;

      expect(await ask(second.page)).toMatch(/^\d{6}$/);
      await allow(app.origin);
      expect(await outcome(second.page)).toEqual({ used: true });
      await Promise.all([whenMode(first.page, "store"), whenMode(second.page, "store")]);
      expect(await first.list()).toEqual(before);
      expect(await second.list()).toEqual(before);
      expect(await statusIn(first.page)).toMatchObject({ mode: "store", storage: "persistent" });

      await first.put("live", 1);
      await second.seen.until((items) => items.flat().some(({ key }) => key === "live"), "it");
      expect(first.seen.items.slice(told).flat()).toEqual([{ key: "live", value: 1 }]);
      const listed = await cli.json("data", "list");
      expect(listed).toMatchObject([{ namespace: app.origin, entries: 3 }]);

      // Another visit goes straight to the store.
      const third = await openTab(context, app.origin, options());
      expect(await statusIn(third.page)).toMatchObject({ mode: "store", entries: 3 });
      await third.page.close();

      await cli.json("apps", "revoke", app.origin);
      await Promise.all([whenMode(first.page, "peer"), whenMode(second.page, "peer")]);
      expect(await statusIn(second.page)).toMatchObject({ noStore: "revoked", entries: 3 });
      await second.put("by itself", 2);
      expect(await first.get("by itself")).toBe(2);
      expect(await cli.json("data", "list")).toMatchObject([{ entries: 3 }]);
      await first.page.close();
      await second.page.reload();
    });

    it("is told that its owner said no, that nothing answers, and that its own policy forbids it", async () => {
      const { page } = await openTab(await profile(), app.origin, options());
      await ask(page);
      expect((await cli("apps", "deny", app.origin)).code).toBe(0);
      expect(await outcome(page)).toEqual({ used: false, reason: "refused-by-user" });
      expect(await statusIn(page)).toMatchObject({ mode: "peer", noStore: "refused-by-user" });

      const free = createServer();
      await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
      const { port } = free.address() as AddressInfo;
      await new Promise((resolve) => free.close(resolve));
      const url = `ws://127.0.0.1:${port}`;
      const alone = await openTab(await profile(), app.origin, { store: { url } });
      expect(await useStore(alone.page)).toEqual({ used: false, reason: "absent" });

      const strict = await servePage(
        `<!doctype html><meta http-equiv="Content-Security-Policy" content="connect-src 'self'"><script type="module">
          import { MasqClient } from "./masq-client.js";
          globalThis.MasqClient = MasqClient;
        </script>`,
        await bundleClient(),
      );
      onTestFinished(() => strict.close());
      const forbidden = await openTab(await profile(), strict.origin, options());
      expect(await useStore(forbidden.page)).toEqual({ used: false, reason: "csp" });
      await forbidden.put("goes", "on");
      expect(await forbidden.get("goes")).toBe("on");
    });

    it("looks at no store before it is asked to", async () => {
      const context = await profile();
      const sockets: string[] = [];
      context.on("page", (page) => page.on("websocket", (socket) => sockets.push(socket.url())));
      const tab = await openTab(context, app.origin, options());
      await tab.put("quiet", 1);
      expect(sockets).toEqual([]);
      await ask(tab.page);
      expect(sockets.length).toBeGreaterThan(0);
    });

    it("is another device when the browser has deleted its data, and says so until there are some", async () => {
      const context = await profile();
      const tab = await openTab(context, app.origin, options());
      await tab.put("kept", 1);
      expect(await statusIn(tab.page)).toMatchObject({ evicted: false, storage: "best-effort" });
      const keys = await sealedKeys(tab.page);
      await tab.page.close();
      const empty = await context.newPage();
      await empty.goto(`${app.origin}/nothing.js`);
      await empty.evaluate(
        (name) =>
          new Promise<void>((resolve, reject) => {
            const deleting = indexedDB.deleteDatabase(name);
            deleting.onsuccess = () => resolve();
            deleting.onerror = () => reject(deleting.error);
          }),
        `masq ${app.origin}`,
      );
      await empty.close();
      const after = await openTab(context, app.origin, options());
      expect(await statusIn(after.page)).toMatchObject({ evicted: true, entries: 0 });
      expect(await sealedKeys(after.page)).not.toEqual(keys);
      await after.put("again", 1);
      expect(await statusIn(after.page)).toMatchObject({ evicted: false, entries: 1 });
      await after.page.close();
      const later = await openTab(context, app.origin, options());
      expect(await statusIn(later.page)).toMatchObject({ evicted: false, entries: 1 });
    });

    describe("that came over the network", () => {
      let far: AppServer;
      let strict: Browser;

      beforeAll(async () => {
        far = await serveApp(true);
        strict = await launchPublic(far.port);
      });
      afterAll(async () => {
        await Promise.all([strict?.close(), far?.close()]);
      });

      it("is told that the browser does not let it, and goes on", async () => {
        const context = await strict.newContext({ ignoreHTTPSErrors: true });
        onTestFinished(() => context.close());
        const tab = await openTab(context, far.origin, options());
        // Without a window there is nobody to ask, and the browser takes that for a no.
        expect(await useStore(tab.page)).toEqual({ used: false, reason: "blocked-by-browser" });
        expect(await statusIn(tab.page)).toMatchObject({ noStore: "blocked-by-browser" });
        await tab.put("goes", "on");
        expect(await tab.get("goes")).toBe("on");
      });

      it("is told where the browser takes its computer for mixed content", async () => {
        const context = await strict.newContext({ ignoreHTTPSErrors: true });
        onTestFinished(() => context.close());
        // A name that only happens to lead here is not this computer to a browser.
        const named = await openTab(context, far.origin, {
          store: { url: `ws://insecure.test:${store.port}` },
        });
        expect(await useStore(named.page)).toEqual({ used: false, reason: "mixed-content" });

        // The answers of Safari, which lets no page reach it at all.
        await context.addInitScript(() => {
          const unknown = (): Promise<never> => Promise.reject(new TypeError("Not a permission."));
          Object.assign(Permissions.prototype, { query: unknown });
          Object.defineProperty(navigator, "vendor", { value: "Apple Computer, Inc." });
        });
        const safari = await openTab(context, far.origin, options());
        expect(await useStore(safari.page)).toEqual({ used: false, reason: "mixed-content" });
      });

      it("uses the store where its person lets it", async () => {
        const context = await strict.newContext({ ignoreHTTPSErrors: true });
        onTestFinished(() => context.close());
        await context.grantPermissions(["local-network-access"]);
        const tab = await openTab(context, far.origin, options());
        await tab.put("own", 1);
        await ask(tab.page);
        await allow(far.origin);
        expect(await outcome(tab.page)).toEqual({ used: true });
        expect(await tab.get("own")).toBe(1);
      });
    });
  },
);
