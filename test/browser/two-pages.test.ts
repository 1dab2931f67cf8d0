/** Two browsers of one person, and no store at all. */
import { deviceScenario } from "./device-scenario.ts";
import { PageSide } from "./sides.ts";

deviceScenario("two pages without a store", (options) => PageSide.open(options));
