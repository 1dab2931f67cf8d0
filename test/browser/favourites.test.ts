/** The example app Favourites as people use it: real pages in real Chromium, a real store. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { MasqClient } from "@masq/client";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { serveFavourites } from "../../examples/favourites/serve.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { axeViolations } from "./axe.ts";
import { browserPath, launchBrowser, withoutBrowser } from "./browser.ts";
import {
  buildFavourites,
  builtBytes,
  commandLine,
  connectBeside,
  openApp,
  row,
  saveTown,
} from "./favourites-app.ts";

const BUDGET_BYTES = 400_000;
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

const directory = temporaryDirectory();
const dataDirectory = join(directory, "store");
const masq = commandLine(dataDirectory);

describe.skipIf(browserPath === undefined)(
  `Favourites ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    let store: StoreProcess;
    let app: Awaited<ReturnType<typeof serveFavourites>>;
    let browser: Browser;
    let context: BrowserContext;
    let first: Page;
    let second: Page;
    const faults: string[] = [];
    const others: MasqClient[] = [];

    const origin = (): string => new URL(app.url).origin;

    const open = async (inContext: BrowserContext): Promise<Page> => {
      const opened = await openApp(inContext, app.url);
      opened.page.on("close", () => faults.push(...opened.faults.splice(0)));
      return opened.page;
    };

    const newContext = (): Promise<BrowserContext> =>
      browser.newContext({ viewport: DESKTOP, locale: "en-GB", reducedMotion: "reduce" });

    /** Two programs that write an entry without having seen each other's version. */
    const writeTwice = async (key: string, notes: readonly [string, string]): Promise<void> => {
      const [a, b] = others as [MasqClient, MasqClient];
      const [value] = [await a.get(key), await b.get(key)] as [object, object];
      await a.put(key, { ...value, note: notes[0], tags: ["sea"] });
      await b.put(key, { ...value, note: notes[1], tags: ["city"] });
    };

    beforeAll(async () => {
      [store, browser] = await Promise.all([
        startStoreProcess({ directory: dataDirectory }),
        launchBrowser(),
        buildFavourites(),
      ]);
      app = await serveFavourites({ port: 0, store: store.url });
      context = await newContext();
      first = await open(context);
    });

    afterAll(async () => {
      await Promise.all(others.map((client) => client.close()));
      await browser?.close();
      await Promise.all([store?.stop(), app?.close()]);
    });

    it("is small, place list and map included", () => {
      expect(builtBytes()).toBeLessThan(BUDGET_BYTES);
    });

    it("asks nobody before the person wants it, then shows the digits the store shows", async () => {
      expect(await axeViolations(first)).toEqual([]);
      const connect = first.getByRole("button", { name: "Connect to my store" });
      await connect.waitFor();
      expect(await masq("apps", "requests")).toEqual([]);
      await connect.click();
      const digits = await first.locator(".digits [aria-hidden]").innerText();
      const requests = (await masq("apps", "requests")) as { app: string; code: string }[];
      expect(requests).toMatchObject([{ app: origin(), code: digits.replaceAll(/\s/g, "") }]);
      expect(await axeViolations(first)).toEqual([]);
      await masq("apps", "allow", origin(), "--code", requests[0]?.code as string);
      await first.getByRole("heading", { name: "An empty atlas" }).waitFor();
      expect(await first.locator("#masq-connect").innerText()).toBe("Connected to your store");
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
      await saveTown(second, "kyoto");
      await second.getByRole("button", { name: "All places" }).click();
      await first.getByRole("button", { name: "All places" }).click();
      await row(first, "Kyoto").waitFor();
      const value = (await masq("data", "get", origin(), "place/lisbon@38.7,-9.1")) as object;
      expect(JSON.stringify(value)).toContain("The 28 tram");
    });

    it("knows a town again in the other language", async () => {
      // A page behind another one is painted once a second, and a click waits for two of its frames.
      await first.bringToFront();
      await first.locator("#language [lang=fr]").click();
      await first.getByRole("combobox").fill("lisbonne");
      await first.getByRole("option", { name: "gardé" }).click();
      expect(await first.locator("#place-name").inputValue()).toBe("Lisbon");
      await first.locator(".back").click();
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
      await row(second, "Kyoto").getByRole("button").click();
      await first.locator("#place-tags").fill("temples");
      await second.locator("#place-note").fill("In April");
      await second.getByRole("button", { name: "Save changes" }).click();
      await first.getByText("Changed elsewhere while you write").waitFor();
      await first.getByRole("button", { name: "Save changes" }).click();
      await expect.poll(() => first.locator("#place-note").inputValue()).toBe("In April");
      await expect.poll(() => second.locator("#place-tags").inputValue()).toBe("temples");

      await first.locator("#place-note").fill("In May");
      await second.locator("#place-note").fill("In June");
      await second.getByRole("button", { name: "Save changes" }).click();
      await first.getByText("Changed elsewhere while you write").waitFor();
      await first.getByRole("button", { name: "Save changes" }).click();
      await first.getByRole("heading", { name: "Yours, not saved yet" }).waitFor();
      await first.getByRole("button", { name: "Keep this one: Yours" }).click();
      await expect.poll(() => second.locator("#place-note").inputValue()).toBe("In May");
      for (const page of [first, second])
        await page.getByRole("button", { name: "All places" }).click();
    });

    it("shows a conflict in both pages, and resolves it", async () => {
      const beside = { directory, store: store.url, namespace: origin(), masq };
      others.push(await connectBeside("one", beside), await connectBeside("two", beside));
      await writeTwice("place/lisbon@38.7,-9.1", ["By the river", "On the hill"]);
      for (const page of [first, second])
        await row(page, "Lisbon").getByText("Changed in two places at once").waitFor();
      await row(first, "Lisbon").getByRole("button").click();
      await first.locator(".versions .version").nth(1).waitFor();
      const notes = await first.locator(".versions .version-note").allInnerTexts();
      expect(notes.toSorted()).toEqual(["By the river", "On the hill"]);
      await first.getByRole("button", { name: "Save the joined one" }).click();
      await row(second, "Lisbon").locator(".row-conflict").waitFor({ state: "detached" });
      const [reader] = others as [MasqClient];
      const entry = await reader.getEntry("place/lisbon@38.7,-9.1");
      expect(entry).toMatchObject({ conflict: false, value: { tags: ["city", "sea"] } });
      const note = (entry?.value as { note: string } | undefined)?.note ?? "";
      expect(note.split("\n\n").toSorted()).toEqual(["By the river", "On the hill"]);
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

    // Every pair of colours, size and language once: what axe looks at depends on no more than two of them.
    it.each([
      { colorScheme: "light", size: DESKTOP, language: "en" },
      { colorScheme: "light", size: PHONE, language: "fr" },
      { colorScheme: "dark", size: DESKTOP, language: "fr" },
      { colorScheme: "dark", size: PHONE, language: "en" },
    ] as const)("has nothing axe objects to: %o", async ({ colorScheme, size, language }) => {
      await writeTwice("place/kyoto@35.0,135.8", [`${colorScheme} a`, `${size.width} b`]);
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
        await first.locator(".back").click();
      }
      const wide = await first.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBeLessThanOrEqual(size.width);
    });

    it("says so when the store goes, and comes back with it", async () => {
      const { port } = store;
      await first.setViewportSize(DESKTOP);
      await store.stop();
      await first.getByText("Store away, trying again").waitFor();
      await first.reload();
      await first.getByRole("heading", { name: "No store answers" }).waitFor();
      expect(await axeViolations(first)).toEqual([]);
      store = await startStoreProcess({ directory: dataDirectory, port });
      await row(first, "Lisbon").waitFor();
    });

    it("opens without a network, from its own files", async () => {
      await first.evaluate(async () => {
        await navigator.serviceWorker.ready;
      });
      await first.reload();
      await app.close();
      await first.reload();
      await row(first, "Lisbon").waitFor();
      await first.getByRole("combobox").fill("pari");
      await first.getByRole("option").first().waitFor();
      await first.getByRole("combobox").press("Escape");
      app = await serveFavourites({ port: Number(new URL(app.url).port), store: store.url });
    });

    it("says so when access is refused, or taken away", async () => {
      await masq("apps", "revoke", origin());
      await first.getByRole("heading", { name: "Access was taken away" }).waitFor();
      await first.getByRole("button", { name: "Ask again" }).click();
      await first.locator(".digits").waitFor();
      await masq("apps", "deny", origin());
      await first.getByRole("heading", { name: "You said no" }).waitFor();
      expect(await axeViolations(first)).toEqual([]);
    });

    it("made no mistake, broke no policy and asked nobody else for anything", async () => {
      await Promise.all([first.close(), second.close()]);
      expect(faults).toEqual([]);
    });
  },
);
