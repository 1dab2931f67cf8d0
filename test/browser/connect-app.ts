/** An app with nothing but `<masq-connect>`, under the strictest policy a page can have, and a way to look at it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { MasqClient } from "@masq/client";
import { bundleForBrowsers, CLIENT_ENTRY, CONNECT_ENTRY } from "../../scripts/bundle-client.ts";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { launchBrowser, type AppServer } from "./browser.ts";

/** No inline style or script, no sink of text, nobody but the sync service of the test. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src ws:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'";

const PAGE = `<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>An app</title>
<link rel="stylesheet" href="/page.css">
<main>
  <h1>An app</h1>
  <masq-connect></masq-connect>
</main>
<script type="module" src="/page.js"></script>
</html>`;

const STYLE = `:root { color-scheme: light dark; } body { margin: 1rem; font-family: sans-serif; }`;

/** The element is set before it is defined: the app may load it whenever it likes. */
const SCRIPT = `
import { MasqClient } from "./masq-client.js";
const element = document.querySelector("masq-connect");
globalThis.begin = async (syncService, store) => {
  try {
    const client = await MasqClient.connect({
      app: { name: "An app", url: "/" },
      mode: "peer",
      syncService,
      store: { url: store },
      onInvitation: (link) => { element.invitation = link; },
    });
    element.client = client;
    globalThis.client = client;
  } catch (error) {
    element.error = error;
  }
  await import("./connect.js");
};
`;

/** What the page's script puts there. */
export interface PageGlobals {
  readonly begin: (syncService: string | undefined, store: string | undefined) => Promise<void>;
  readonly client: MasqClient;
}

const serveConnectApp = async (): Promise<AppServer> => {
  const chunks = await bundleForBrowsers({
    "masq-client": CLIENT_ENTRY,
    connect: CONNECT_ENTRY,
  });
  const files = new Map<string, readonly [string, string]>([
    ["/page.css", ["text/css", STYLE]],
    ["/page.js", ["text/javascript", SCRIPT]],
    ...chunks.map(
      ({ fileName, code }) => [`/${fileName}`, ["text/javascript", code] as const] as const,
    ),
  ]);
  const server = createServer((request, response) => {
    const [type, text] = files.get(request.url ?? "") ?? ["text/html; charset=utf-8", PAGE];
    response.writeHead(200, { "content-type": type, "content-security-policy": POLICY });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

/** A device of a person: a browser context of its own, with the app open in it. */
export interface AppDevice {
  readonly page: Page;
  readonly button: Locator;
  readonly dialog: Locator;
  /** What the page must not do: mistakes, forbidden things, requests to others. */
  readonly faults: readonly string[];
  readonly press: (name: string | RegExp) => Promise<void>;
  readonly field: (name: string) => Locator;
  /** Waits for the dialog to show this text. */
  readonly says: (text: string) => Promise<void>;
  /** Waits for the dialog to have this title. */
  readonly titled: (title: string) => Promise<void>;
  /** The invitation link of a new invitation. */
  readonly invite: () => Promise<string>;
}

export interface DeviceOptions {
  readonly url: string;
  readonly syncService?: string | undefined;
  readonly store?: string | undefined;
  readonly context?: BrowserContextOptions | undefined;
  /** Another tab of this device, which it is then. */
  readonly tabOf?: AppDevice | undefined;
}

const openDevice = async (
  browser: Browser,
  { url, syncService, store, context, tabOf }: DeviceOptions,
): Promise<AppDevice> => {
  const profile =
    tabOf?.page.context() ?? (await browser.newContext({ reducedMotion: "reduce", ...context }));
  const page = await profile.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => faults.push(message.text()));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) faults.push(request.url());
  });
  await page.goto(url);
  await page.waitForFunction(() => "begin" in globalThis);
  await page.evaluate(
    (given) => (globalThis as unknown as PageGlobals).begin(given.syncService, given.store),
    { syncService, store },
  );
  const dialog = page.locator("masq-connect dialog");
  const press = (name: string | RegExp): Promise<void> =>
    dialog.getByRole("button", { name }).click();
  return {
    page,
    button: page.locator("masq-connect button.glance"),
    dialog,
    faults,
    press,
    field: (name) => dialog.getByRole("textbox", { name }),
    says: (text) => dialog.locator(".body").getByText(text).first().waitFor(),
    titled: (title) => dialog.getByRole("heading", { level: 2, name: title }).waitFor(),
    async invite() {
      await press(/^(Connect another device|Connecter un autre appareil)$/);
      return dialog.getByRole("textbox").inputValue();
    },
  };
};

export interface ConnectApp {
  readonly app: () => AppServer;
  readonly open: (options?: Partial<DeviceOptions>) => Promise<AppDevice>;
  /** With the dialog open. */
  readonly openDialog: (options?: Partial<DeviceOptions>) => Promise<AppDevice>;
  /** Those of this test: closed after it, when none may have done what it must not. */
  readonly devices: AppDevice[];
}

/** The app, a browser and a sync service for the tests of a file. */
export const useConnectApp = (): ConnectApp => {
  let app: AppServer;
  let browser: Browser;
  let service: SyncServiceProcess;
  const devices: AppDevice[] = [];

  beforeAll(async () => {
    [app, browser, service] = await Promise.all([
      serveConnectApp(),
      launchBrowser(),
      startSyncServiceProcess(),
    ]);
  });
  afterEach(async () => {
    const faults = devices.flatMap((device) => device.faults);
    await Promise.all(devices.splice(0).map(({ page }) => page.context().close()));
    expect(faults).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([service?.stop(), app?.close()]);
  });

  const open = async (options: Partial<DeviceOptions> = {}): Promise<AppDevice> => {
    const device = await openDevice(browser, {
      url: `${app.origin}/`,
      syncService: service.url,
      ...options,
    });
    devices.push(device);
    return device;
  };
  return {
    app: () => app,
    open,
    async openDialog(options) {
      const device = await open(options);
      await device.button.click();
      return device;
    },
    devices,
  };
};
