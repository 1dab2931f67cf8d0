/**
 * Firefox as it is released, for the tests that run in several browsers: driven over WebDriver BiDi. Playwright drives
 * only a Firefox of its own making.
 */
import { once } from "node:events";
import type { ChildProcess } from "node:child_process";
import puppeteer from "puppeteer-core";
import type { Engine } from "./engine.ts";

/** Where the test command found it. */
const path: string | undefined = process.env["FIREFOX_PATH"];

export const firefox: Engine = {
  name: "Firefox",
  path,

  async launch(directory) {
    const browser = await puppeteer.launch({
      browser: "firefox",
      executablePath: path as string,
      userDataDir: directory,
    });
    return {
      newPage: () => browser.newPage(),

      allowPersistence: (origin) =>
        browser
          .defaultBrowserContext()
          .setPermission(origin, { permission: { name: "persistent-storage" }, state: "granted" }),

      async kill() {
        const child = browser.process() as ChildProcess;
        const exited = once(child, "exit");
        child.kill("SIGKILL");
        await exited;
      },

      close: () => browser.close(),
    };
  },
};
