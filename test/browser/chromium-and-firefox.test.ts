/** Two browsers of one person, of different makers, and no store at all. Short: what is new here is the other browser. */
import { chromium } from "./chromium.ts";
import { deviceScenario } from "./device-scenario.ts";
import { firefox } from "./firefox.ts";
import { PageSide } from "./sides.ts";

deviceScenario({
  name: "a page in Chromium and one in Firefox",
  engines: [chromium, firefox],
  openLaptop: (options) => PageSide.open(chromium, options),
  phone: firefox,
  entries: 2_000,
});
