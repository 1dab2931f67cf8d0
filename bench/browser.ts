/** A real Chromium with a profile on the disk, and the page in which things are timed. */
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { bundleForBrowsers } from "../scripts/bundle-client.ts";
import { launchProfile, servePage, type AppServer } from "../test/browser/browser.ts";

const PAGE = `<!doctype html><title>Bench</title><script type="module" src="./page.js"></script>`;

const serve = async (): Promise<AppServer> => {
  return servePage(PAGE, await bundleForBrowsers({ page: "bench/browser-page.ts" }));
};

const openPage = async (server: AppServer, profile: BrowserContext): Promise<Page> => {
  const page = await profile.newPage();
  await page.goto(server.origin);
  await page.waitForFunction(() => "benchPage" in globalThis);
  return page;
};

export interface Launcher {
  /** Runs `use` in a page of a browser started for it, on the profile of that name. */
  readonly inPage: <Result>(
    profile: string,
    use: (page: Page) => Promise<Result>,
  ) => Promise<Result>;
}

export const withLauncher = async <Result>(
  directory: string,
  use: (launcher: Launcher) => Promise<Result>,
): Promise<Result> => {
  const server = await serve();
  try {
    return await use({
      async inPage(profile, timed) {
        const browser = await launchProfile(join(directory, profile));
        try {
          return await timed(await openPage(server, browser));
        } finally {
          await browser.close();
        }
      },
    });
  } finally {
    await server.close();
  }
};
