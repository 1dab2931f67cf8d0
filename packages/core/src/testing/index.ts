export {
  type OpenStorage,
  type StorageCase,
  type StorageFactory,
  storageCases,
} from "./storage-cases.ts";
export {
  MAPS,
  NOTES,
  REPLICA_A,
  REPLICA_B,
  sampleRow,
  sampleState,
  showRow,
  showState,
} from "./storage-samples.ts";
export { runStorageHistory } from "./storage-history.ts";
export { equal, isTrue, rejectsCode, throwsCode } from "./expect.ts";
export { type SeededRandom, seededRandom } from "./seeded-random.ts";
export { failingStorage, type FailingStorage } from "./failing-storage.ts";
export { type ManualClock, manualClock } from "./manual-clock.ts";
export { testHost } from "./test-host.ts";
export { socketPair } from "../local/socket-pair.ts";
export { type OpenPair, type SocketCase, socketCases } from "./socket-cases.ts";
export {
  type DataApi,
  type DataCase,
  type DataEntry,
  type DataFactory,
  type DataOperation,
  type DataRange,
  type DataSibling,
  type DataWriteOptions,
} from "./data-api.ts";
export { dataCases } from "./data-cases.ts";
export { type Collector, collector } from "./waiting.ts";
export { simulate, type SimulationOptions, type SimulationResult } from "./sim/simulate.ts";
export { contents, syncDevice, type SyncDevice } from "./sync-ends.ts";
