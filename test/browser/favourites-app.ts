/** The example app Favourites for its tests: built, served, and in a browser, with a store of its own. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { BrowserContext, Page } from "playwright-core";
import { build } from "vite";
import { MasqClient } from "@masq/client";
import { masqBinary } from "@masq/store/testing";

const folder = fileURLToPath(new URL("../../examples/favourites/", import.meta.url));

export const buildFavourites = async (): Promise<void> => {
  await build({ configFile: join(folder, "vite.config.ts"), logLevel: "error" });
};

/** Parts of MasqClient that an app with a store never loads. */
const UNUSED = /^(?:peer-mode|qr)-/;

/** Bytes of all files of the build that are loaded, each compressed. */
export const builtBytes = (): number =>
  readdirSync(join(folder, "dist"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !UNUSED.test(entry.name))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)))
    .reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0);

/** The command line of the store whose data are in `dataDirectory`. */
export const commandLine =
  (dataDirectory: string) =>
  async (...args: string[]): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      masqBinary,
      ...args,
      "--json",
      "--data-dir",
      dataDirectory,
    ]);
    return stdout === "" ? undefined : (JSON.parse(stdout) as unknown);
  };

type CommandLine = ReturnType<typeof commandLine>;

/** Another app of the person that is allowed to use the page's namespace. */
export const connectBeside = (
  name: string,
  options: { directory: string; store: string; namespace: string; masq: CommandLine },
): Promise<MasqClient> => {
  const id = `org.example.${name}`;
  return MasqClient.connect({
    app: { name, id },
    directory: join(options.directory, name),
    namespace: options.namespace,
    store: { url: options.store },
    onConsent: ({ code }) => void options.masq("apps", "allow", `app:${id}`, "--code", code),
  });
};

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
