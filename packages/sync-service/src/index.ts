/** Public names of @masq/sync-service; no logic. */
export type { Limits } from "./limits.ts";
export {
  startSyncService,
  type SyncService,
  type SyncServiceCounts,
  type SyncServiceOptions,
  type TlsFiles,
} from "./server.ts";
