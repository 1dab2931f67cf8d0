/** Constants of the relay protocol (docs/relay.md): changing one breaks the other end. */

/** The WebSocket subprotocol; a later version is another name. */
export const RELAY_SUBPROTOCOL = "masq.relay.1";

/** Where a sync service listens unless told otherwise. */
export const SYNC_SERVICE_PORT = 16_278;

/** Type, epoch, slot: in front of every frame. */
export const FRAME_HEAD_BYTES = 4;
/** The largest frame, its head included. */
export const MAX_RELAY_FRAME_BYTES = 65_540;
/** The most a DATA frame carries: one sealed record. */
export const MAX_DATA_BYTES: number = MAX_RELAY_FRAME_BYTES - FRAME_HEAD_BYTES;

export const RENDEZVOUS_ID_BYTES = 16;
export const SIDE_KEY_BYTES = 16;
export const LISTEN_ENTRY_BYTES: number = 2 + RENDEZVOUS_ID_BYTES + SIDE_KEY_BYTES;
/** How many entries one LISTEN can hold. */
export const MAX_LISTEN_ENTRIES: number = Math.floor(MAX_DATA_BYTES / LISTEN_ENTRY_BYTES);
export const PING_BYTES = 8;
export const MAX_ACCESS_TOKEN_BYTES = 255;

/** Credit is a 48-bit number: an epoch that carried more than 256 TiB would have to begin anew. */
export const MAX_CREDIT: number = 2 ** 48 - 1;

/** How long after a PING an end that says nothing at all counts as dead. */
export const DEAD_AFTER_MS = 10_000;
/** The same when the network seems to have gone. */
export const DOUBTED_DEAD_AFTER_MS = 4_000;

export const FRAME_TYPES = {
  hello: 0x01,
  welcome: 0x02,
  listen: 0x03,
  unlisten: 0x04,
  listening: 0x05,
  peerUp: 0x06,
  peerDown: 0x07,
  data: 0x10,
  credit: 0x11,
  ping: 0x20,
  pong: 0x21,
  goAway: 0x30,
  throttled: 0x31,
  error: 0x3f,
} as const;

/** From here on an unknown type is skipped; below it is a fault. Later versions may add frames that can be missed. */
export const FIRST_IGNORABLE_TYPE = 0x80;

/** What LISTENING says of a slot; the place in the list is the byte on the wire. */
export const LISTEN_STATUSES = [
  "waiting",
  "crowded",
  "wrong-side-key",
  "limit",
  "retired",
  "replaced",
] as const;
export type ListenStatus = (typeof LISTEN_STATUSES)[number];

/** Why PEER_DOWN ended an epoch; the place in the list is the byte on the wire. */
export const DOWN_REASONS = [
  "peer-left",
  "peer-unlistened",
  "replaced",
  "node-lost",
  "engine-lost",
  "gap",
  "overload",
  "drain",
  "credit-exceeded",
] as const;
export type DownReason = (typeof DOWN_REASONS)[number];

/** WebSocket close codes. */
export const RELAY_CLOSE = {
  done: 1000,
  goingAway: 1001,
  framing: 1002,
  text: 1003,
  tooLarge: 1009,
  overload: 1013,
  version: 4001,
  accessToken: 4002,
  rate: 4003,
  tokens: 4004,
  slow: 4005,
  protocol: 4006,
  idle: 4007,
} as const;
