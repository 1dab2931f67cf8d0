/**
 * Constants of the local protocol between apps and the store on this computer (docs/protocol.md, "Local protocol").
 * The first group is the protocol: changing one breaks the other end. The second is local and tunable.
 */

export const LOCAL_SUBPROTOCOL = "masq.local.1";
/** Tried in this order; no other port is ever taken by itself. */
export const LOCAL_PORTS: readonly number[] = [16277, 26277, 36277];

/** First byte of a connection's first frame. */
export const HELLO_UNKNOWN_APP = 1;
export const HELLO_GRANTED_APP = 2;
export const HELLO_ADMIN = 3;

/** One frame carries one Noise message, so neither is longer than this. */
export const MAX_FRAME_BYTES = 65_535;
/** First byte of a record: whether the message goes on in the next one. */
export const RECORD_MORE = 0;
export const RECORD_LAST = 1;
/** A message is reassembled up to this length: the largest batch and room for its framing. */
export const MAX_MESSAGE_BYTES: number = 4 * 1024 * 1024 + 256 * 1024;

/** WebSocket close codes. A failed handshake and a failed record say no more than that. */
export const CLOSE_DONE = 1000;
export const CLOSE_GOING_AWAY = 1001;
export const CLOSE_FAILED = 4400;
export const CLOSE_REVOKED = 4403;
export const CLOSE_TIMEOUT = 4408;
/** A newer connection of the same client instance took over. */
export const CLOSE_REPLACED = 4409;
export const CLOSE_LIMIT = 4429;

export const KEY_ID_BYTES = 16;
export const INSTANCE_BYTES = 16;
export const NONCE_BYTES = 32;

export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How long a request for access waits for the person's answer. */
export const ACCESS_TIMEOUT_MS = 120_000;
