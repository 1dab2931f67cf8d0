/** Public names of @masq/core/relay, all that a sync service may know of Masq; no logic. */
export { MasqError, type ErrorCode } from "../errors.ts";
export { decodeFrame } from "./decode.ts";
export { encodeCredit, encodeData, encodeFrame } from "./encode.ts";
export type {
  CreditFrame,
  DataFrame,
  ErrorFrame,
  HelloFrame,
  ListenEntry,
  PeerDownFrame,
  PeerUpFrame,
  RelayFrame,
  WelcomeFrame,
} from "./frames.ts";
export * from "./protocol.ts";
export { RelayLink, type RelayLinkOptions, type RelayStatus } from "./relay-link.ts";
export type {
  Rendezvous,
  RelaySlot,
  SlotDownReason,
  SlotHandlers,
  SlotState,
} from "./relay-slot.ts";
