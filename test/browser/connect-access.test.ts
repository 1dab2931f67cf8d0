/** `<masq-connect>` for everybody: by keyboard, by screen reader, in both languages, on small and large screens. */
import { describe, expect, it } from "vitest";
import { axeViolations } from "./axe.ts";
import { browserPath, withoutBrowser } from "./browser.ts";
import { useConnectApp, type PageGlobals } from "./connect-app.ts";

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };

describe.skipIf(browserPath === undefined)(
  `<masq-connect> for everybody ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    const { open, openDialog } = useConnectApp();

    it("throws at nobody who gives it nonsense, and says what happened", async () => {
      const { page, button, press, titled, says } = await open();
      await page.evaluate(() => {
        const element = document.querySelector("masq-connect") as HTMLElement;
        Object.assign(element, { client: {}, invitation: 7, lang: "no-such-language!" });
        Object.assign(element, { error: Symbol("odd") });
        Object.assign(element, { error: { code: "MASQ_STORE_ABSENT" } });
      });
      await button.getByText("Not connected").waitFor();
      await page.evaluate(() => {
        const error = Object.assign(new Error("No store."), { code: "MASQ_STORE_ABSENT" });
        Object.assign(document.querySelector("masq-connect") as HTMLElement, { error });
      });
      await button.click();
      await titled("Your data");
      await says("No store found");
      await says("Start it with npx masq start");
      expect(await axeViolations(page)).toEqual([]);
      await page.evaluate(() => {
        const { client } = globalThis as unknown as PageGlobals;
        const element = document.querySelector("masq-connect") as HTMLElement;
        element.removeAttribute("lang");
        Object.assign(element, { client });
      });
      // What was given before there was a client is asked about now, and turns out to be no link.
      await titled("A device invites this one");
      await press("Connect");
      await titled("That did not work");
      await press("Back");
      await says("On this device only");
    });

    it("can be used with the keyboard alone, and gives the focus back", async () => {
      const { page, button, dialog, titled } = await open();
      const focused = (): Promise<string | undefined> =>
        page.evaluate(() => {
          const inside = document.activeElement?.shadowRoot?.activeElement;
          return inside?.getAttribute("aria-label") ?? inside?.textContent?.trim();
        });
      await page.keyboard.press("Tab");
      expect(await focused()).toBe("Your data: On this device only");
      await page.keyboard.press("Enter");
      await titled("Your data");
      expect(await focused()).toBe("Your data");
      const stops: (string | undefined)[] = [];
      for (let stop = 0; stop < 5; stop += 1) {
        await page.keyboard.press("Tab");
        stops.push(await focused());
      }
      expect(stops).toEqual([
        "Close",
        "Connect another device",
        "I have a link",
        "Keep my data on this computer",
        "Is my data safe?",
      ]);
      await page.keyboard.press("Enter");
      await titled("Is my data safe?");
      await page.keyboard.press("Shift+Tab");
      expect(await focused()).toBe("Back");
      await page.keyboard.press("Enter");
      await titled("Your data");
      for (let stop = 0; stop < 3; stop += 1) await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await titled("Use an invitation link");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await page.keyboard.type("no link");
      await page.keyboard.press("Enter");
      expect(await dialog.getByRole("alert").innerText()).toContain("This is not an invitation");
      expect(await dialog.getByRole("textbox").getAttribute("aria-invalid")).toBe("true");
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
      expect(await button.evaluate((one) => one.matches(":focus"))).toBe(true);
    });

    it("asks the browser to keep the data only when told to, and shows its answer", async () => {
      const { page, press, says, dialog } = await openDialog();
      await page.evaluate(() => {
        const asked = { persisted: async () => false, persist: async () => false };
        Object.assign(navigator.storage, asked);
      });
      await press("Is my data safe?");
      await says("The browser may delete the data");
      await press("Ask the browser to keep it");
      await says("The browser said no.");
      expect(await dialog.getByRole("button", { name: "Ask the browser" }).count()).toBe(0);
    });

    // French has the longer words, and a phone the least room for them.
    it.each([
      { colorScheme: "light", locale: "en-GB", viewport: DESKTOP },
      { colorScheme: "dark", locale: "fr-FR", viewport: PHONE },
    ] as const)(
      "keeps nobody out: $colorScheme, $locale, $viewport.width px",
      async ({ colorScheme, locale, viewport }) => {
        const { page, button, dialog, invite } = await open({
          context: { colorScheme, locale, viewport },
        });
        const language = locale.slice(0, 2);
        // The language of the page counts, and may change while it is open.
        await page.evaluate((lang) => (document.documentElement.lang = lang), language);
        const violations = async (): Promise<void> => {
          expect(await axeViolations(page)).toEqual([]);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth);
          expect(overflow).toBeLessThanOrEqual(viewport.width);
        };
        const label = { en: "On this device only", fr: "Sur cet appareil seulement" };
        await button.getByText(label[language as "en" | "fr"]).waitFor();
        await violations();
        await button.click();
        await violations();
        const back = dialog.getByRole("button", { name: /^(Back|Retour)$/ });
        await dialog.locator(".row").last().click();
        await dialog.locator("dl").waitFor();
        await violations();
        await back.click();
        await dialog.locator(".actions .secondary").click();
        await dialog.locator("form").waitFor();
        await violations();
        await back.click();
        await invite();
        await violations();
      },
    );
  },
);
