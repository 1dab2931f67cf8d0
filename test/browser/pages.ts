/** Tabs of a web app that holds its data itself, as the tests drive them. */
import type { ConnectOptions, Entry, MasqClient } from "@masq/client";
import { collector, type Collector } from "@masq/core/testing";
import type { Page } from "playwright-core";
import type { DrivenPage } from "./engine.ts";

export interface Change {
  readonly key: string;
  readonly value: unknown;
}

interface PageGlobals {
  readonly MasqClient: typeof MasqClient;
  readonly saw: (changes: readonly Change[]) => void;
  client: MasqClient;
}

export interface Tab<Driven extends DrivenPage = Page> {
  readonly page: Driven;
  /** What its watch of everything was told, one item for each call. */
  readonly seen: Collector<readonly Change[]>;
  put(key: string, value: unknown): Promise<void>;
  get(key: string): Promise<unknown>;
  list(): Promise<Entry[]>;
}

/** A tab that follows everything. */
export const openTab = async <Driven extends DrivenPage>(
  browser: { newPage(): Promise<Driven> },
  url: string,
  options: Partial<ConnectOptions> = {},
): Promise<Tab<Driven>> => {
  const page = await browser.newPage();
  const seen = collector<readonly Change[]>();
  await page.exposeFunction("saw", (changes: readonly Change[]) => seen.push(changes));
  await page.goto(url);
  await connectIn(page, options);
  return tabOf(page, seen);
};

/** A client in the page that follows everything. */
const connectIn = (page: DrivenPage, options: Partial<ConnectOptions>): Promise<void> =>
  page.evaluate(async (given) => {
    const global = globalThis as unknown as PageGlobals;
    global.client = await global.MasqClient.connect({ app: { name: "Tabs" }, ...given });
    global.client.watch("", (changes) =>
      global.saw(changes.map(({ key, value }) => ({ key, value }))),
    );
    await global.client.get("none");
  }, options);

const tabOf = <Driven extends DrivenPage>(page: Driven, seen: Tab["seen"]): Tab<Driven> => ({
  page,
  seen,
  put: (key, value) =>
    page.evaluate(
      async (entry) => {
        await (globalThis as unknown as PageGlobals).client.put(entry.key, entry.value);
      },
      { key, value },
    ),
  get: (key) =>
    page.evaluate((name) => (globalThis as unknown as PageGlobals).client.get(name), key),
  list: () => page.evaluate(() => (globalThis as unknown as PageGlobals).client.list()),
});
