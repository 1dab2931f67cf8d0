/** Public names of @masq/client; no logic. */
export { MasqError, type ErrorCode } from "@masq/core";
export type { Device, DeviceStatus } from "./device-status.ts";
export type { Entry, Sibling } from "./entry.ts";
export { MasqClient, type DataStatus, type Status } from "./masq-client.ts";
export type {
  BatchOperation,
  BatchOptions,
  ConnectOptions,
  ListOptions,
  ReadOptions,
  WriteOptions,
} from "./options.ts";
export type { Invitation, Pairing, PairingOptions, PairingRequest } from "./pairing.ts";
export type { ConsentRequest } from "./store-mode/attach.ts";
export type {
  NoStoreReason,
  StorageKind,
  UseStoreOptions,
  UseStoreProgress,
  UseStoreResult,
} from "./use-store.ts";
