/** Public names of synchronisation; no logic. */
export { MAX_SYNC_MESSAGE_BYTES, PORTIONS, SYNC_VERSIONS, type Portions } from "./limits.ts";
export { holders, whenHeld, type Holding, type Sharer } from "./holding.ts";
export type { SharedLog } from "./log-exchange.ts";
export {
  DEVICE_BYTES,
  SIGNATURE_BYTES,
  type Announcement,
  type Hello,
  type Progress,
  type SignedItem,
  type Snapshot,
} from "./messages.ts";
export type { NamespaceStatus } from "./namespace-runner.ts";
export { PeerSync, type MessageChannel, type PeerSyncOptions } from "./peer-sync.ts";
export { NamespacePeers } from "./namespace-peers.ts";
export { SyncNamespace, type SyncNamespaceOptions } from "./sync-namespace.ts";
