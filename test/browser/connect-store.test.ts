/** Moving to a store with `<masq-connect>`: a real browser, a real store, its owner on the command line. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runMasq, startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { axeViolations } from "./axe.ts";
import { browserPath, withoutBrowser } from "./browser.ts";
import { useConnectApp, type PageGlobals } from "./connect-app.ts";

/** Port 9 discards, and a browser would not even ask it. */
const NOWHERE = "ws://127.0.0.1:9";

describe.skipIf(browserPath === undefined)(
  `<masq-connect> and a store ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    const { app, openDialog, devices } = useConnectApp();
    const directory = join(temporaryDirectory(), "store");
    let store: StoreProcess;

    beforeAll(async () => {
      store = await startStoreProcess({ directory });
    });
    afterAll(() => store?.stop());

    it("gives the data to the store once its owner has compared the digits, and says when access is gone", async () => {
      const { origin } = app();
      const { page, dialog, press, says, titled } = await openDialog({ store: store.url });
      await page.evaluate(() => (globalThis as unknown as PageGlobals).client.put("k", "here"));
      await press("Keep my data on this computer");
      expect(await runMasq(directory, "apps", "requests")).toEqual([]);
      await press("Look for my store");
      const digits = (await dialog.locator(".digits .unseen").innerText()).replaceAll(" ", "");
      const requests = await runMasq(directory, "apps", "requests");
      expect(requests).toMatchObject([{ app: origin, code: digits }]);
      await says(`npx masq apps allow ${origin}`);
      expect(await axeViolations(page)).toEqual([]);
      await runMasq(directory, "apps", "allow", origin, "--code", digits);
      await titled("In your store");
      expect(await axeViolations(page)).toEqual([]);
      await press("Done");
      await says("Your store holds all data of this app");
      expect(JSON.stringify(await runMasq(directory, "data", "get", origin, "k"))).toContain(
        "here",
      );
      await runMasq(directory, "apps", "revoke", origin);
      await says("Your store no longer lets this app in");
      expect(await axeViolations(page)).toEqual([]);
      expect(
        await page.evaluate(() => (globalThis as unknown as PageGlobals).client.get("k")),
      ).toBe("here");
    });

    it("connects a store that the page cannot reach by a link, with the command for its computer", async () => {
      const { page, field, press, says, titled } = await openDialog({ store: NOWHERE });
      await page.evaluate(() =>
        (globalThis as unknown as PageGlobals).client.put("moved", "by link"),
      );
      await press("Keep my data on this computer");
      await press("Look for my store");
      await titled("No store found");
      expect(await axeViolations(page)).toEqual([]);
      await press("Connect it by a link");
      await says("npx masq join");
      expect(await axeViolations(page)).toEqual([]);
      const link = await field("Invitation link").inputValue();
      const joined = runMasq(directory, "join", link, "--yes");
      await titled("Is this your device?");
      await says("It is a computer with Masq.");
      await press("Yes, connect");
      await titled("Connected");
      await joined;
      await press("Done");
      await says("Holds the same since");
      const { origin } = app();
      expect(JSON.stringify(await runMasq(directory, "data", "get", origin, "moved"))).toContain(
        "by link",
      );
      // What the browser itself says of a store that is not there.
      devices.splice(0).forEach(({ faults }) => {
        expect(faults.filter((fault) => !fault.includes(NOWHERE.slice(5)))).toEqual([]);
      });
    });

    it("says why the data are not in a store, and what to do", async () => {
      const { page, dialog, press, says, titled } = await openDialog({ store: store.url });
      await press("Keep my data on this computer");
      await press("Look for my store");
      await dialog.locator(".digits").waitFor();
      await runMasq(directory, "apps", "deny", app().origin);
      await titled("Your store said no");
      await store.stop();
      await press("Try again");
      await titled("No store found");
      await says("Start it with npx masq start");
      expect(await axeViolations(page)).toEqual([]);
      // What the browser itself says of a store that is gone.
      devices.splice(0).forEach(({ faults }) => {
        expect(faults.filter((fault) => !fault.includes(store.url.slice(5)))).toEqual([]);
      });
    });
  },
);
