/** The browser's storage in Firefox. */
import { firefox } from "./firefox.ts";
import { storageScenario } from "./storage-scenario.ts";

storageScenario(firefox, "MASQ_STORAGE_FULL");
