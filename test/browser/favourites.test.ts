/** The example app Favourites as people use it: real pages in real Chromium, which keep their places themselves. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { serveFavourites } from "../../examples/favourites/serve.ts";
import { axeViolations } from "./axe.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { browserPath, launchBrowser, launchForbidding, withoutBrowser } from "./browser.ts";
import {
  buildFavourites,
  builtBytes,
  connectDevices,
  dataButton,
  dataDialog,
  openApp,
  row,
  saveTown,
} from "./favourites-app.ts";

const BUDGET_BYTES = 500_000;
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

describe.skipIf(browserPath === undefined)(
  `Favourites ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    let service: SyncServiceProcess;
    let app: Awaited<ReturnType<typeof serveFavourites>>;
    let browser: Browser;
    let context: BrowserContext;
    let first: Page;
    let second: Page;
    let phone: Page;
    const faults: string[] = [];

    const open = async (inContext: BrowserContext): Promise<Page> => {
      const opened = await openApp(inContext, app.url);
      opened.page.on("close", () => faults.push(...opened.faults.splice(0)));
      return opened.page;
    };

    /** A browser profile of its own: another device. */
    const newContext = (viewport: { width: number; height: number }): Promise<BrowserContext> =>
      browser.newContext({ viewport, locale: "en-GB", reducedMotion: "reduce" });

    const addNote = async (page: Page, name: string, note: string): Promise<void> => {
      await row(page, name).getByRole("button").click();
      await page.locator("#place-note").fill(note);
      await page.getByRole("button", { name: "Save changes" }).click();
      await page.getByRole("button", { name: "All places" }).click();
      await row(page, name).getByText(note).waitFor();
    };

    beforeAll(async () => {
      [service, browser] = await Promise.all([
        startSyncServiceProcess(),
        launchBrowser(),
        buildFavourites(),
      ]);
      app = await serveFavourites({ port: 0, syncService: service.url });
      context = await newContext(DESKTOP);
      first = await open(context);
    });

    afterAll(async () => {
      await browser?.close();
      await Promise.all([service?.stop(), app?.close()]);
    });

    it("is small, place list and map included", () => {
      expect(builtBytes()).toBeLessThan(BUDGET_BYTES);
    });

    it("keeps places at once, and asks nobody", async () => {
      await first.getByRole("heading", { name: "An empty atlas" }).waitFor();
      await dataButton(first).getByText("On this device only").waitFor();
      expect(await axeViolations(first)).toEqual([]);
    });

    it("shows in a second page what is saved, noted and tagged in the first", async () => {
      second = await open(context);
      await second.getByRole("heading", { name: "An empty atlas" }).waitFor();
      await saveTown(first, "lisbo");
      await row(second, "Lisbon").waitFor();
      await first.locator("#place-note").fill("The 28 tram");
      await first.locator("#place-tags").fill("Trams, city");
      await first.getByRole("button", { name: "Save changes" }).click();
      await row(second, "Lisbon").getByText("The 28 tram").waitFor();
      expect(await row(second, "Lisbon").locator(".tag").allInnerTexts()).toEqual([
        "city",
        "trams",
      ]);
      await second.bringToFront();
      await saveTown(second, "kyoto");
      await second.getByRole("button", { name: "All places" }).click();
      // A page behind another one is painted once a second, and a click waits for two of its frames.
      await first.bringToFront();
      await first.getByRole("button", { name: "All places" }).click();
      await row(first, "Kyoto").waitFor();
    });

    it("knows a town again in the other language", async () => {
      await first.locator("#language [lang=fr]").click();
      await first.getByRole("combobox").fill("lisbonne");
      await first.getByRole("option", { name: "gardé" }).click();
      expect(await first.locator("#place-name").inputValue()).toBe("Lisbon");
      await first.locator("#panel .back").click();
      await first.locator("#language [lang=en]").click();
    });

    it("shows the places of one tag", async () => {
      await first.getByRole("button", { name: "trams", exact: true }).click();
      expect(await first.locator(".row-name").allInnerTexts()).toEqual(["Lisbon"]);
      await first.getByRole("button", { name: "All", exact: true }).click();
      expect(await first.locator(".row-name").allInnerTexts()).toEqual(["Kyoto", "Lisbon"]);
    });

    it("takes a deletion back, in both pages", async () => {
      await row(first, "Kyoto").getByRole("button").click();
      await first.getByRole("button", { name: "Delete" }).click();
      await row(second, "Kyoto").waitFor({ state: "detached" });
      await first.getByRole("button", { name: "Undo" }).click();
      await row(second, "Kyoto").waitFor();
      await row(first, "Kyoto").waitFor();
    });

    it("joins edits of different fields, and asks where they differ", async () => {
      await row(first, "Kyoto").getByRole("button").click();
      // By its keys, as it stands behind the other one.
      await row(second, "Kyoto").getByRole("button").press("Enter");
      await first.locator("#place-tags").fill("temples");
      await second.locator("#place-note").fill("In April");
      await second.getByRole("button", { name: "Save changes" }).press("Enter");
      await first.getByText("Changed elsewhere while you write").waitFor();
      await first.getByRole("button", { name: "Save changes" }).click();
      await expect.poll(() => first.locator("#place-note").inputValue()).toBe("In April");
      await expect.poll(() => second.locator("#place-tags").inputValue()).toBe("temples");

      await first.locator("#place-note").fill("In May");
      await second.locator("#place-note").fill("In June");
      await second.getByRole("button", { name: "Save changes" }).press("Enter");
      await first.getByText("Changed elsewhere while you write").waitFor();
      await first.getByRole("button", { name: "Save changes" }).click();
      await first.getByRole("heading", { name: "Yours, not saved yet" }).waitFor();
      await first.getByRole("button", { name: "Keep this one: Yours" }).click();
      await expect.poll(() => second.locator("#place-note").inputValue()).toBe("In May");
      for (const page of [first, second])
        await page.getByRole("button", { name: "All places" }).press("Enter");
    });

    it("brings together what two devices had before they were connected", async () => {
      phone = await open(await newContext(PHONE));
      await saveTown(phone, "porto");
      await phone.getByRole("button", { name: "All places" }).click();
      await second.bringToFront();
      await connectDevices(second, phone);
      await row(phone, "Kyoto").waitFor();
      for (const page of [first, second]) await row(page, "Porto").waitFor();
      for (const page of [first, phone])
        await dataButton(page).getByText("Everything verified").waitFor();
    });

    it("shows on each device what was edited while they were apart, and has the person choose", async () => {
      await service.stop();
      for (const page of [first, phone])
        await dataButton(page).getByText("Sync service not reachable").waitFor();
      await first.bringToFront();
      await addNote(first, "Lisbon", "By the river");
      await addNote(first, "Kyoto", "In autumn");
      await addNote(phone, "Lisbon", "On the hill");
      await addNote(phone, "Kyoto", "In winter");
      service = await startSyncServiceProcess(service.port);
      for (const page of [phone, first])
        await row(page, "Lisbon").getByText("Changed in two places at once").waitFor();
      await row(first, "Lisbon").getByRole("button").click();
      await first.locator(".versions .version").nth(1).waitFor();
      const notes = await first.locator(".versions .version-note").allInnerTexts();
      expect(notes.toSorted()).toEqual(["By the river", "On the hill"]);
      await first.getByRole("button", { name: "Save the joined one" }).click();
      for (const page of [second, phone])
        await row(page, "Lisbon").locator(".row-conflict").waitFor({ state: "detached" });
      const joined = await row(phone, "Lisbon").locator(".row-note").textContent();
      expect(joined?.split("\n\n").toSorted()).toEqual(["By the river", "On the hill"]);
      await first.getByRole("button", { name: "All places" }).click();
    });

    it("needs no mouse", async () => {
      const press = async (...keys: string[]): Promise<void> => {
        for (const key of keys) await first.keyboard.press(key);
      };
      const focused = (): Promise<string> => first.evaluate(() => document.activeElement?.id ?? "");
      /** Goes on with Tab until it is there, and not round and round. */
      const tabTo = async (isThere: () => Promise<boolean>): Promise<void> => {
        for (let step = 0; step < 30 && !(await isThere()); step += 1) await press("Tab");
        expect(await isThere()).toBe(true);
      };
      await first.reload();
      await row(first, "Kyoto").waitFor();
      await press("Tab");
      expect(await focused()).toBe("skip");
      await tabTo(async () => (await focused()) === "search");
      await first.keyboard.type("reykja");
      await first.getByRole("option", { name: "Reykjavík" }).waitFor();
      await press("ArrowDown", "ArrowUp", "Enter");
      expect(await focused()).toBe("save-spot");
      await press("Enter");
      await expect.poll(focused).toBe("place-note");
      await first.keyboard.type("Swim");
      await press("Tab");
      await first.keyboard.type("winter");
      await press("Enter");
      await row(second, "Reykjavík").getByText("winter").waitFor();
      await tabTo(() => first.evaluate(() => document.activeElement?.className === "danger"));
      await press("Enter");
      await expect.poll(focused).toBe("undo");
      await row(second, "Reykjavík").waitFor({ state: "detached" });
      await press("Enter");
      await row(second, "Reykjavík").waitFor();
      await expect.poll(() => first.locator("#said").innerText()).toBe("Reykjavík is back.");

      await first.locator("#globe").focus();
      await press("ArrowLeft", "ArrowLeft", "+", "ArrowUp", "Enter");
      await expect.poll(focused).toBe("spot-name");
      await first.keyboard.type("Somewhere");
      await press("Enter");
      await row(second, "Somewhere").waitFor();
      await press("Escape");
      await row(first, "Somewhere").waitFor();
    });

    it("turns under the mouse, and comes nearer with the wheel and with two fingers", async () => {
      const box = (await first.locator("#globe").boundingBox()) as NonNullable<
        Awaited<ReturnType<ReturnType<Page["locator"]>["boundingBox"]>>
      >;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      /** The longitude in the middle, which a press there is told. */
      const longitude = async (): Promise<number> => {
        await first.mouse.click(x, y);
        const text = await first.locator(".whereabouts .coordinates").innerText();
        await first.getByRole("button", { name: "Not now" }).click();
        const [, degrees, minutes, side] = /(\d+)°(\d+)′([EW])$/.exec(text) ?? [];
        return (Number(degrees) + Number(minutes) / 60) * (side === "W" ? -1 : 1);
      };
      /** By how many degrees the globe turns under a pointer that goes 100 pixels to the right. */
      const turn = async (): Promise<number> => {
        const before = await longitude();
        await first.mouse.move(x - 50, y + 120);
        await first.mouse.down();
        await first.mouse.move(x, y + 120, { steps: 4 });
        await first.mouse.move(x + 50, y + 120, { steps: 4 });
        await first.mouse.up();
        return before - (await longitude());
      };
      await first.reload();
      await row(first, "Lisbon").waitFor();
      const far = await turn();
      expect(far).toBeGreaterThan(10);
      await first.mouse.move(x, y);
      await first.mouse.wheel(0, -600);
      const nearer = await turn();
      expect(nearer).toBeGreaterThan(0);
      expect(nearer).toBeLessThan(far / 2);

      const session = await context.newCDPSession(first);
      const touch = (type: string, apart: number | undefined): Promise<unknown> =>
        session.send("Input.dispatchTouchEvent", {
          type: type as "touchStart",
          touchPoints:
            apart === undefined
              ? []
              : [
                  { x: x - apart, y, id: 1 },
                  { x: x + apart, y, id: 2 },
                ],
        });
      await touch("touchStart", 40);
      for (const apart of [60, 80, 100, 120]) await touch("touchMove", apart);
      await touch("touchEnd", undefined);
      const nearest = await turn();
      expect(nearest).toBeGreaterThan(0);
      expect(nearest).toBeLessThan(nearer / 2);
    });

    // French has the longer words, and a phone the least room for them.
    it.each([
      { colorScheme: "light", size: PHONE, language: "fr" },
      { colorScheme: "dark", size: DESKTOP, language: "en" },
    ] as const)("has nothing axe objects to: %o", async ({ colorScheme, size, language }) => {
      await first.emulateMedia({ colorScheme });
      await first.setViewportSize(size);
      const other = first.locator(`#language [lang=${language}]`);
      if (await other.isVisible()) await other.click();
      await expect.poll(() => first.locator("html").getAttribute("lang")).toBe(language);
      await first.getByRole("combobox").fill("pari");
      await first.getByRole("option").first().waitFor();
      expect(await axeViolations(first)).toEqual([]);
      await first.getByRole("combobox").press("Escape");
      for (const [name, part] of [
        ["Kyoto", ".versions"],
        ["Reykjavík", "#place-note"],
      ] as const) {
        await row(first, name).getByRole("button").click();
        await first.locator(part).waitFor();
        expect(await axeViolations(first)).toEqual([]);
        await first.locator("#panel .back").click();
      }
      const wide = await first.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBeLessThanOrEqual(size.width);
    });

    it("can be installed, and opens without a network from its own files", async () => {
      await first.evaluate(async () => {
        await navigator.serviceWorker.ready;
      });
      await first.reload();
      const session = await context.newCDPSession(first);
      const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
      // The one thing against it is the test's own window, which keeps nothing after it.
      expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual(["in-incognito"]);
      await app.close();
      await first.reload();
      await row(first, "Lisbon").waitFor();
      await dataButton(first).click();
      await dataDialog(first).getByText("This device").waitFor();
      await first.keyboard.press("Escape");
      await first.getByRole("combobox").fill("pari");
      await first.getByRole("option").first().waitFor();
      await first.getByRole("combobox").press("Escape");
      app = await serveFavourites({
        port: Number(new URL(app.url).port),
        syncService: service.url,
      });
    });

    it("says what is wrong where a browser cannot keep anything, and what to do", async () => {
      const poor = await launchForbidding(temporaryDirectory());
      onTestFinished(() => poor.close());
      const page = await open(poor);
      await page.getByRole("heading", { name: "Your places cannot be shown" }).waitFor();
      expect(await axeViolations(page)).toEqual([]);
      await page.getByRole("button", { name: "What happened?" }).click();
      await dataDialog(page).getByText("This browser cannot keep your data").waitFor();
      await page.close();
    });

    it("made no mistake, broke no policy and asked nobody else for anything", async () => {
      await Promise.all([first.close(), second.close(), phone.close()]);
      expect(faults).toEqual([]);
    });
  },
);
