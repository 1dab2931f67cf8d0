/** The example app Favourites for its tests: built, and in a browser. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { BrowserContext, Page } from "playwright-core";
import { build } from "vite";

const folder = fileURLToPath(new URL("../../examples/favourites/", import.meta.url));

export const buildFavourites = async (): Promise<void> => {
  await build({ configFile: join(folder, "vite.config.ts"), logLevel: "error" });
};

/** Bytes of all files of the build, each compressed. */
export const builtBytes = (): number =>
  readdirSync(join(folder, "dist"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)))
    .reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0);

/** Opens the app in a new tab, and collects what it must not do. */
export const openApp = async (
  context: BrowserContext,
  url: string,
): Promise<{ readonly page: Page; readonly faults: string[] }> => {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) faults.push(message.text());
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) faults.push(request.url());
  });
  await page.goto(url);
  return { page, faults };
};

export const row = (page: Page, name: string) =>
  page.locator(".row").filter({ has: page.locator(".row-name", { hasText: name }) });

/** Looks a town up and keeps it; ends in its form. */
export const saveTown = async (page: Page, name: string): Promise<void> => {
  await page.getByRole("combobox").fill(name);
  await page.getByRole("option").first().click();
  await page.locator("#save-spot").click();
  await page.locator("#place-note").waitFor();
};

/** What `<masq-connect>` shows. */
export const dataDialog = (page: Page) => page.locator("masq-connect dialog");
export const dataButton = (page: Page) => page.locator("masq-connect button.glance");

/** Both people say yes: `joining` opens a link that `inviting` shows, and types the digits, as it has data already. */
export const connectDevices = async (inviting: Page, joining: Page): Promise<void> => {
  const [shown, asked] = [dataDialog(inviting), dataDialog(joining)];
  await dataButton(inviting).click();
  await shown.getByRole("button", { name: "Connect another device" }).click();
  await joining.goto(await shown.getByRole("textbox").inputValue());
  await asked.getByRole("button", { name: "Connect", exact: true }).click();
  const digits = await shown.locator(".digits .unseen").innerText();
  await shown.getByRole("button", { name: "Yes, connect" }).click();
  await asked.getByRole("textbox").fill(digits.replaceAll(" ", ""));
  await asked.getByRole("button", { name: "Yes, connect" }).click();
  for (const dialog of [shown, asked]) {
    await dialog.getByRole("heading", { name: "Connected", exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
  }
};
