/** Public names of @masq/sync-service; no logic. */
export {
  Hub,
  HUB_SERVER_OPTIONS,
  type HubConnection,
  type HubCounts,
  type HubDoor,
} from "./hub.ts";
export type { Limits } from "./limits.ts";
export {
  startSyncService,
  type SyncService,
  type SyncServiceCounts,
  type SyncServiceOptions,
  type TlsFiles,
} from "./server.ts";
