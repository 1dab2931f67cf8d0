/** Public names of @masq/sync-service/testing; no logic. */
export { openDevice, openPair, RawDevice } from "./raw-device.ts";
export { startSyncServiceProcess, type SyncServiceProcess } from "./sync-service-process.ts";
