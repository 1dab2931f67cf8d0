/** Browsers whose clocks are ten years off: their pages find each other, pair, and come to the same as with right ones. */
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { launchBrowser, serveApp, type AppServer } from "./browser.ts";
import { chromium, drivenChromium } from "./chromium.ts";
import { needing, type Engine } from "./engine.ts";
import { PageSide } from "./sides.ts";
import { holdings, shows, siblings, whenOther } from "./steps.ts";

const YEAR_MS = 365.25 * 24 * 3600 * 1000;

/** Profiles of this browser in which every script sees another date, from the first on. */
const yearsOff = (browser: Browser, years: number): Engine => ({
  ...chromium,
  async launch() {
    const context = await browser.newContext();
    await context.addInitScript((offset) => {
      const right = Date.now.bind(Date);
      const now = (): number => right() + offset;
      globalThis.Date = new Proxy(Date, {
        construct: (target, input) =>
          Reflect.construct(target, input.length === 0 ? [now()] : input) as Date,
        get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
      });
    }, years * YEAR_MS);
    return drivenChromium(context);
  },
});

interface PageGlobals {
  digits: PromiseWithResolvers<string>;
  joined: Promise<unknown>;
}

/** Pairs two that both have data: the second types the digits of the first. */
const pair = async (inviter: PageSide, joiner: PageSide): Promise<void> => {
  const link = await inviter.run(async ({ client }) => {
    const global = globalThis as unknown as PageGlobals;
    global.digits = Promise.withResolvers();
    const invitation = await client.pairing.invite({
      confirm: ({ code }) => {
        global.digits.resolve(code as string);
        return true;
      },
    });
    global.joined = invitation.done;
    return invitation.link;
  });
  await joiner.run(async ({ client, input }) => {
    const global = globalThis as unknown as PageGlobals;
    global.digits = Promise.withResolvers();
    global.joined = client.pairing.accept(input, { confirm: () => global.digits.promise });
  }, link);
  const shown = await inviter.run(() => (globalThis as unknown as PageGlobals).digits.promise);
  await joiner.run(
    async ({ input }) => (globalThis as unknown as PageGlobals).digits.resolve(input),
    shown,
  );
  const paired = async (): Promise<void> => {
    await (globalThis as unknown as PageGlobals).joined;
  };
  await Promise.all([inviter.run(paired), joiner.run(paired)]);
};

const { isSkipped, suffix } = needing(chromium);

describe.skipIf(isSkipped)(`two pages with clocks ${suffix}`, () => {
  let app: AppServer;
  let browser: Browser;
  let service: SyncServiceProcess;

  beforeAll(async () => {
    [app, browser, service] = await Promise.all([
      serveApp(),
      launchBrowser(),
      startSyncServiceProcess(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), app?.close(), service?.stop()]);
  });

  it.each([
    [0, 10],
    [0, -10],
    [10, -10],
  ])("that are %i and %i years off come to the same", async (...years) => {
    const open = (off: number): Promise<PageSide> =>
      PageSide.open(yearsOff(browser, off), {
        origin: app.origin,
        syncService: service.url,
        directory: "",
      });
    const [laptop, phone] = await Promise.all([open(years[0]), open(years[1])]);
    onTestFinished(async () => void (await Promise.all([laptop.close(), phone.close()])));
    const bothHoldTheSame = async (): Promise<void> => {
      await Promise.all([laptop.run(whenOther, "verified"), phone.run(whenOther, "verified")]);
      expect(await phone.run(holdings)).toEqual(await laptop.run(holdings));
    };
    const at = await Promise.all([laptop, phone].map((side) => side.run(async () => Date.now())));
    expect(Math.round(((at[1] as number) - (at[0] as number)) / YEAR_MS)).toBe(years[1] - years[0]);

    // Made apart, before the two know of each other.
    await laptop.run(({ client }) => client.put("both", "laptop"));
    await laptop.run(({ client }) => client.put("first", "laptop"));
    await phone.run(({ client }) => client.put("both", "phone"));
    await pair(laptop, phone);
    await bothHoldTheSame();
    const winners = await Promise.all([
      laptop.run(({ client }) => client.getEntry("both")),
      phone.run(({ client }) => client.getEntry("both")),
    ]);
    expect(winners[0]).toEqual(winners[1]);
    expect(winners[0]).toMatchObject({ conflict: true });
    expect((await laptop.run(siblings, "both")).toSorted()).toEqual(["laptop", "phone"]);

    // Each changes what it has seen of the other: nobody's clock has a say.
    await phone.run(shows, ["first", "laptop"] as const);
    await phone.run(({ client }) => client.put("first", "phone", { until: "device" }));
    await laptop.run(shows, ["first", "phone"] as const);
    await laptop.run(({ client }) => client.put("first", "laptop again", { until: "device" }));
    await phone.run(shows, ["first", "laptop again"] as const);
    await phone.run(({ client }) => client.put("both", "settled", { until: "device" }));
    await laptop.run(shows, ["both", "settled"] as const);
    expect(await laptop.run(siblings, "both")).toEqual(["settled"]);
    await bothHoldTheSame();
  });
});
