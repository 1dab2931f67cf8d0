/**
 * The acceptance suite of the data API, as data: every way of reaching one's data (through a store, or in the app's own
 * process) passes every case. Each case needs a factory over a namespace that is empty.
 */
import type { DataCase } from "./data-api.ts";
import { dataRangeCases } from "./data-range-cases.ts";
import { dataValueCases } from "./data-value-cases.ts";
import { dataWatchCases } from "./data-watch-cases.ts";
import { dataWriteCases } from "./data-write-cases.ts";

export const dataCases: readonly DataCase[] = [
  ...dataValueCases,
  ...dataRangeCases,
  ...dataWriteCases,
  ...dataWatchCases,
];
