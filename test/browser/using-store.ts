/** How an app in a page, or in a frame of one, turns to the store of its computer. */
import type { MasqClient, UseStoreResult } from "@masq/client";
import type { Page } from "playwright-core";

/** A page or a frame, with its client in the global `client`. */
export type Scripted = Pick<Page, "evaluate">;

interface PageGlobals {
  readonly client: MasqClient;
  using: Promise<UseStoreResult>;
}

/** Calls `useStore` in the page; resolves once the digits are shown, or it has come to an end without. */
export const ask = (page: Scripted): Promise<string | undefined> =>
  page.evaluate(async () => {
    const global = globalThis as unknown as PageGlobals;
    const shown = Promise.withResolvers<string>();
    global.using = global.client.useStore({ onConsent: ({ code }) => shown.resolve(code) });
    return Promise.race([shown.promise, global.using.then(() => undefined)]);
  });

/** What the last `ask` has come to. */
export const outcome = (page: Scripted): Promise<UseStoreResult> =>
  page.evaluate(() => (globalThis as unknown as PageGlobals).using);

export const useStore = async (page: Scripted): Promise<UseStoreResult> => {
  await ask(page);
  return outcome(page);
};

export const statusIn = (page: Scripted): Promise<Record<string, unknown>> =>
  page.evaluate(async () => ({
    ...(await (globalThis as unknown as PageGlobals).client.status()),
  }));
