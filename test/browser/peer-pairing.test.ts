/** Two browsers of one person, neither with a store, paired by the app's own address. */
import type { ConnectOptions, Device, Invitation, MasqClient, Status } from "@masq/client";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openPeer } from "../support/peers.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { bundleClient } from "../../scripts/bundle-client.ts";
import {
  browserPath,
  launchBrowser,
  serveApp,
  servePage,
  withoutBrowser,
  type AppServer,
} from "./browser.ts";
import { openTab } from "./pages.ts";

interface PageGlobals {
  readonly MasqClient: typeof MasqClient;
  client: MasqClient;
  invitation: Invitation;
  joined: Promise<Device>;
  links: string[];
  /** What the page's policy has kept it from. */
  readonly forbidden: Promise<string>;
}

describe.skipIf(browserPath === undefined)(
  `two browsers without a store ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    let app: AppServer;
    let browser: Browser;
    let service: SyncServiceProcess;

    beforeAll(async () => {
      [app, browser, service] = await Promise.all([
        serveApp(),
        launchBrowser(),
        startSyncServiceProcess(),
      ]);
    });
    afterAll(async () => {
      await Promise.all([browser?.close(), app?.close(), service?.stop()]);
    });

    const options = (): Partial<ConnectOptions> => ({
      app: { name: "Tabs", url: "/" },
      syncService: service.url,
    });

    const profile = async (): Promise<BrowserContext> => {
      const context = await browser.newContext();
      onTestFinished(() => context.close());
      return context;
    };

    /** Makes an invitation in the page, whose person says yes. */
    const inviteFrom = (page: Page): Promise<string> =>
      page.evaluate(async () => {
        const global = globalThis as unknown as PageGlobals;
        global.invitation = await global.client.pairing.invite({ confirm: () => true });
        global.invitation.done.catch(() => {});
        return global.invitation.link;
      });

    /** Opens a link in a browser of its own, as a telephone's camera does, and accepts it there. */
    const openLink = async (context: BrowserContext, link: string): Promise<Page> => {
      const page = await context.newPage();
      await page.goto(link);
      await page.evaluate(async (given) => {
        const global = globalThis as unknown as PageGlobals;
        global.links = [];
        const met = Promise.withResolvers<void>();
        global.client = await global.MasqClient.connect({
          app: { name: "Tabs" },
          ...given,
          onInvitation: (invitation) => {
            global.links.push(invitation);
            global.joined = global.client.pairing.accept(invitation, { confirm: () => true });
            met.resolve();
          },
        });
        await met.promise;
        await global.joined;
      }, options());
      return page;
    };

    it("pair from any tab by a link that leaves no trace, and hold the same from then on", async () => {
      const [desk, phone] = [await profile(), await profile()];
      const holder = await openTab(desk, app.origin, options());
      const second = await openTab(desk, app.origin, options());
      await second.put("from/desk", 1);
      const link = await inviteFrom(second.page);
      expect(link).toMatch(new RegExp(`^${app.origin}/#masq=[\\w-]+$`));
      const page = await openLink(phone, link);
      expect(page.url()).toBe(`${app.origin}/`);
      const [links, onPhone] = await page.evaluate(async () => {
        const { client, links: told } = globalThis as unknown as PageGlobals;
        const found = Promise.withResolvers<void>();
        client.watch("from/", () => found.resolve());
        if ((await client.get("from/desk")) === undefined) await found.promise;
        return [told, await client.get("from/desk")] as const;
      });
      expect([links, onPhone]).toEqual([[link], 1]);
      const device = await second.page.evaluate(
        async () => (globalThis as unknown as PageGlobals).invitation.done,
      );
      expect(device.name).toMatch(/Chrom|Browser/);

      // Whoever has the data now meets the other device, too.
      await holder.page.close();
      await second.page.evaluate(async () => {
        const { client } = globalThis as unknown as PageGlobals;
        await client.put("after", "the holder closed", { until: "device" });
      });
      expect(
        await page.evaluate(() => (globalThis as unknown as PageGlobals).client.get("after")),
      ).toBe("the holder closed");
      const devices = await second.page.evaluate(() =>
        (globalThis as unknown as PageGlobals).client.devices(),
      );
      expect(devices).toMatchObject([{ connected: true, id: expect.any(String) }]);
    });

    it("see that the network has gone when the browser says so, and meet again when it is back", async () => {
      const [desk, phone] = [await profile(), await profile()];
      const { page } = await openTab(desk, app.origin, options());
      await openLink(phone, await inviteFrom(page));
      const whenConnected = (isConnected: boolean, withinMs: number): Promise<void> =>
        page.evaluate(
          async ([wanted, limitMs]) => {
            const { client } = globalThis as unknown as PageGlobals;
            const { promise, resolve, reject } = Promise.withResolvers<void>();
            setTimeout(() => reject(new Error("The device is still told of as before")), limitMs);
            const look = ({ devices }: Pick<Status, "devices">): void => {
              if (devices[0]?.connected === wanted) resolve();
            };
            const off = client.on("status", look);
            look(await client.status());
            await promise.finally(off);
          },
          [isConnected, withinMs] as const,
        );
      await whenConnected(true, 60_000);
      await desk.setOffline(true);
      // Well before a sign of life would be missed, which takes half a minute on a connection so young.
      await whenConnected(false, 15_000);
      await desk.setOffline(false);
      await whenConnected(true, 60_000);
    });

    it("keep their keys where no script can read them", async () => {
      const { page } = await openTab(await profile(), app.origin, options());
      const kept = await page.evaluate(
        () =>
          new Promise((resolve, reject) => {
            const opening = indexedDB.open("masq keys");
            opening.onerror = () => reject(opening.error);
            opening.onsuccess = () => {
              const reading = opening.result.transaction("keys").objectStore("keys").getAll();
              reading.onsuccess = () => {
                const [{ wrappingKey, channelKeys, sealed }] = reading.result as [
                  { wrappingKey: CryptoKey; channelKeys: CryptoKeyPair; sealed: ArrayBuffer },
                ];
                resolve([
                  wrappingKey.extractable,
                  channelKeys.privateKey.extractable,
                  sealed.byteLength,
                ]);
              };
            };
          }),
      );
      // 32, 64 and 32 bytes, and the tag.
      expect(kept).toEqual([false, false, 144]);
    });

    it("go on by themselves where the page's own policy forbids the sync service", async () => {
      const strict = await servePage(
        `<!doctype html><meta http-equiv="Content-Security-Policy" content="connect-src 'self'"><script type="module">
          import { MasqClient } from "./masq-client.js";
          globalThis.MasqClient = MasqClient;
          const { promise, resolve } = Promise.withResolvers();
          addEventListener("securitypolicyviolation", ({ blockedURI }) => resolve(blockedURI));
          globalThis.forbidden = promise;
        </script>`,
        await bundleClient(),
      );
      onTestFinished(() => strict.close());
      const context = await profile();
      const faults: Error[] = [];
      context.on("weberror", (fault) => faults.push(fault.error()));
      const tab = await openTab(context, strict.origin, options());
      await tab.put("goes", "on");
      const refused = await tab.page.evaluate(async () => {
        const { client, forbidden } = globalThis as unknown as PageGlobals;
        const givenUp = new AbortController();
        const { signal } = givenUp;
        const { done } = await client.pairing.invite({ confirm: () => true, signal });
        const blocked = await forbidden;
        givenUp.abort();
        const code = await done.catch((error: { readonly code: string }) => error.code);
        return { blocked, code };
      });
      const { host } = new URL(service.url);
      expect(refused).toEqual({ blocked: expect.stringContaining(host), code: "MASQ_ABORTED" });
      expect(await tab.get("goes")).toBe("on");
      expect(faults).toEqual([]);
    });

    it("refuse a link address of another origin, and pair not with another app", async () => {
      const { page } = await openTab(await profile(), app.origin, options());
      const refused = await page.evaluate(async () => {
        const { MasqClient: Client } = globalThis as unknown as PageGlobals;
        const connectAt = (url: string): Promise<string> =>
          Client.connect({ app: { name: "Tabs", url } }).then(
            () => "connected",
            ({ code }: { code: string }) => code,
          );
        return [await connectAt("https://elsewhere.example"), await connectAt("https://[")];
      });
      expect(refused).toEqual(["MASQ_OPTION_INVALID", "MASQ_OPTION_INVALID"]);
      const native = await openPeer(temporaryDirectory(), service.url);
      onTestFinished(() => native.close());
      const link = await inviteFrom(page);
      await expect(native.pairing.accept(link, { confirm: () => true })).rejects.toMatchObject({
        code: "MASQ_PAIRING_REFUSED",
      });
    });
  },
);
