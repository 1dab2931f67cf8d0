/** A phone's browser, and a computer with a store on which another app uses the same data. */
import { deviceScenario } from "./device-scenario.ts";
import { openStoreSide } from "./sides.ts";

deviceScenario("a page and a store", openStoreSide);
