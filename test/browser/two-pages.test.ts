/** Two browsers of one person, and no store at all. */
import { chromium } from "./chromium.ts";
import { deviceScenario } from "./device-scenario.ts";
import { PageSide } from "./sides.ts";

deviceScenario({
  name: "two pages without a store",
  engines: [chromium],
  openLaptop: (options) => PageSide.open(chromium, options),
  phone: chromium,
  entries: 5_000,
});
