/** Chromium for the tests that run in several browsers. */
import type { Browser, BrowserContext } from "playwright-core";
import { browserPath, launchProfile } from "./browser.ts";
import type { DrivenBrowser, Engine } from "./engine.ts";

/** Of the browser itself, not of one of its pages. */
const pidOf = async (context: BrowserContext): Promise<number> => {
  const session = await (context.browser() as Browser).newBrowserCDPSession();
  const { processInfo } = (await session.send("SystemInfo.getProcessInfo")) as {
    readonly processInfo: readonly { readonly type: string; readonly id: number }[];
  };
  return processInfo.find(({ type }) => type === "browser")?.id as number;
};

export const drivenChromium = (context: BrowserContext): DrivenBrowser => ({
  newPage: () => context.newPage(),

  async allowPersistence(origin) {
    const session = await (context.browser() as Browser).newBrowserCDPSession();
    await session.send("Browser.grantPermissions", { origin, permissions: ["durableStorage"] });
  },

  async kill() {
    const closed = new Promise((resolve) => context.once("close", resolve));
    process.kill(await pidOf(context), "SIGKILL");
    await closed;
  },

  close: () => context.close(),
});

export const chromium: Engine = {
  name: "Chromium",
  path: browserPath,
  launch: async (directory) => drivenChromium(await launchProfile(directory)),
};
