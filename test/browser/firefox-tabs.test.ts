/** Tabs of an app that holds its data itself, in Firefox: its locks and its channels between tabs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { serveApp, type AppServer } from "./browser.ts";
import { needing, type DrivenBrowser } from "./engine.ts";
import { firefox } from "./firefox.ts";
import { openTab } from "./pages.ts";

const WRITES = 50;

const { isSkipped, suffix } = needing(firefox);

describe.skipIf(isSkipped)(`tabs that hold the data themselves, in Firefox ${suffix}`, () => {
  let app: AppServer;
  let browser: DrivenBrowser;

  beforeAll(async () => {
    [app, browser] = await Promise.all([serveApp(), firefox.launch(temporaryDirectory())]);
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), app?.close()]);
  });

  it("follow the one that has them, and one of them takes over when it is closed", async () => {
    const holder = await openTab(browser, app.origin);
    const follower = await openTab(browser, app.origin);
    await follower.put("k", "from the follower");
    expect(await holder.get("k")).toBe("from the follower");
    await holder.put("k", "from the holder");
    await follower.seen.until(
      (told) => told.flat().some(({ value }) => value === "from the holder"),
      "the holder's change",
    );

    const writes = Array.from({ length: WRITES }, (_, index) => follower.put(`n/${index}`, index));
    await writes[0];
    await holder.page.close();
    await Promise.all(writes);
    const kept = await follower.list();
    expect(kept).toHaveLength(WRITES + 1);
    expect(kept.filter(({ conflict }) => conflict)).toEqual([]);
  });
});
