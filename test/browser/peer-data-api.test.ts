/** The acceptance suite of the data API in a page that holds its data itself, in the browser's IndexedDB. */
import type { MasqClient } from "@masq/client";
import { dataCases, type DataCase } from "@masq/core/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { bundleForBrowsers } from "../../scripts/bundle-client.ts";
import {
  browserPath,
  launchBrowser,
  servePage,
  withoutBrowser,
  type AppServer,
} from "./browser.ts";

interface PageGlobals {
  readonly MasqClient: typeof MasqClient;
  readonly dataCases: readonly DataCase[];
}

/** The client and the suite, by globals. */
const PAGE = `<!doctype html><title>The data suite</title>
<script type="module">
  import { MasqClient } from "./masq-client.js";
  import { dataCases } from "./data-cases.js";
  Object.assign(globalThis, { MasqClient, dataCases });
</script>`;

const servePageOfSuite = async (): Promise<AppServer> =>
  servePage(
    PAGE,
    await bundleForBrowsers({
      "masq-client": "packages/client/src/index.ts",
      "data-cases": "packages/core/src/testing/data-cases.ts",
    }),
  );

describe.skipIf(browserPath === undefined)(
  `a page in peer mode ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    let app: AppServer;
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      [app, browser] = await Promise.all([servePageOfSuite(), launchBrowser()]);
      page = await browser.newPage();
    });

    afterAll(async () => {
      await Promise.all([browser?.close(), app?.close()]);
    });

    it.each(dataCases.map((each, index) => ({ ...each, index })))("$name", async ({ index }) => {
      // An origin of its own, hence an empty namespace.
      await page.goto(`http://case-${index}.localhost:${app.port}/`);
      await page.evaluate(async (at) => {
        const { MasqClient: Client, dataCases: cases } = globalThis as unknown as PageGlobals;
        await cases[at]?.run({
          open: () => Client.connect({ app: { name: "Suite" } }),
        });
      }, index);
    });
  },
);
