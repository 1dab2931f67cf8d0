/** A phone's browser, and a computer with a store on which another app uses the same data. */
import { chromium } from "./chromium.ts";
import { deviceScenario } from "./device-scenario.ts";
import { openStoreSide } from "./sides.ts";

deviceScenario({
  name: "a page and a store",
  engines: [chromium],
  openLaptop: openStoreSide,
  phone: chromium,
  entries: 5_000,
});
