/**
 * Bytes to relay frames (docs/relay.md, "Frames"). Strict: a length is checked before anything is read, bytes left over
 * are refused, and so are fields that a frame does not use and that are not zero.
 */
import { MasqError } from "../errors.ts";
import type { ListenEntry, RelayFrame } from "./frames.ts";
import {
  DOWN_REASONS,
  FIRST_IGNORABLE_TYPE,
  FRAME_HEAD_BYTES,
  FRAME_TYPES,
  LISTEN_ENTRY_BYTES,
  LISTEN_STATUSES,
  MAX_RELAY_FRAME_BYTES,
  PING_BYTES,
  RENDEZVOUS_ID_BYTES,
} from "./protocol.ts";

const TWO_32 = 2 ** 32;
const HELLO_FIXED_BYTES = 9;

const malformed = (): never => {
  throw new MasqError("MASQ_MESSAGE_INVALID", "A relay frame is malformed or out of place.");
};

const requireBody = (length: number, expected: number): void => {
  if (length !== expected) malformed();
};

/** How many entries of this size the body holds: at least one, and nothing left over. */
const countOf = (length: number, entryBytes: number): number =>
  length === 0 || length % entryBytes !== 0 ? malformed() : length / entryBytes;

const listed = <T>(list: readonly T[], index: number): T => list[index] ?? malformed();

const readU48 = (view: DataView, offset: number): number =>
  view.getUint32(offset, true) + view.getUint16(offset + 4, true) * TWO_32;

/** A number beyond 2^53 is no count of bytes that anybody has sent. */
const readU64 = (view: DataView, offset: number): number => {
  const value = view.getUint32(offset, true) + view.getUint32(offset + 4, true) * TWO_32;
  return Number.isSafeInteger(value) ? value : malformed();
};

const readListen = (body: Uint8Array, view: DataView): ListenEntry[] =>
  Array.from({ length: countOf(body.length, LISTEN_ENTRY_BYTES) }, (_, index) => {
    const offset = index * LISTEN_ENTRY_BYTES;
    const sideKey = offset + 2 + RENDEZVOUS_ID_BYTES;
    return {
      slot: view.getUint16(offset, true),
      id: new Uint8Array(body.subarray(offset + 2, sideKey)),
      sideKey: new Uint8Array(body.subarray(sideKey, offset + LISTEN_ENTRY_BYTES)),
    };
  });

/**
 * The frame, or undefined for one of a later version that may be skipped. DATA's bytes are a view into `bytes`, all else
 * is copied. Throws MASQ_MESSAGE_INVALID.
 */
export const decodeFrame = (bytes: Uint8Array): RelayFrame | undefined => {
  if (bytes.length < FRAME_HEAD_BYTES || bytes.length > MAX_RELAY_FRAME_BYTES) return malformed();
  const type = bytes[0] as number;
  if (type >= FIRST_IGNORABLE_TYPE) return undefined;
  const epoch = bytes[1] as number;
  const slot = (bytes[2] as number) + (bytes[3] as number) * 0x100;
  const body = bytes.subarray(FRAME_HEAD_BYTES);
  const { length } = body;
  const view = new DataView(body.buffer, body.byteOffset, length);

  switch (type) {
    case FRAME_TYPES.data:
      return length === 0 ? malformed() : { type: "data", epoch, slot, bytes: body };
    case FRAME_TYPES.credit:
      requireBody(length, 6);
      return { type: "credit", epoch, slot, limit: readU48(view, 0) };
    case FRAME_TYPES.peerUp:
      requireBody(length, 4);
      return { type: "peer-up", epoch, slot, credit: view.getUint32(0, true) };
    case FRAME_TYPES.peerDown:
      requireBody(length, 9);
      return {
        type: "peer-down",
        epoch,
        slot,
        reason: listed(DOWN_REASONS, view.getUint8(0)),
        received: readU64(view, 1),
      };
  }
  // All others are about the connection as a whole.
  if (epoch !== 0 || slot !== 0) return malformed();
  return decodeGeneral(type, body, view);
};

const decodeGeneral = (type: number, body: Uint8Array, view: DataView): RelayFrame => {
  const { length } = body;
  switch (type) {
    case FRAME_TYPES.hello: {
      if (length < HELLO_FIXED_BYTES) return malformed();
      requireBody(length, HELLO_FIXED_BYTES + view.getUint8(8));
      return {
        type: "hello",
        features: view.getUint32(0, true),
        largestFrame: view.getUint32(4, true),
        accessToken: new Uint8Array(body.subarray(HELLO_FIXED_BYTES)),
      };
    }
    case FRAME_TYPES.welcome:
      requireBody(length, 28);
      return {
        type: "welcome",
        features: view.getUint32(0, true),
        maxFrame: view.getUint32(4, true),
        maxTokens: view.getUint16(8, true),
        initialCredit: view.getUint32(10, true),
        pingSeconds: view.getUint16(14, true),
        bytesPerSecond: view.getUint32(16, true),
        unixSeconds: view.getUint32(20, true),
        reconnectJitterMs: view.getUint32(24, true),
      };
    case FRAME_TYPES.listen:
      return { type: "listen", entries: readListen(body, view) };
    case FRAME_TYPES.unlisten:
      return {
        type: "unlisten",
        slots: Array.from({ length: countOf(length, 2) }, (_, index) =>
          view.getUint16(index * 2, true),
        ),
      };
    case FRAME_TYPES.listening:
      return {
        type: "listening",
        entries: Array.from({ length: countOf(length, 3) }, (_, index) => ({
          slot: view.getUint16(index * 3, true),
          status: listed(LISTEN_STATUSES, view.getUint8(index * 3 + 2)),
        })),
      };
    case FRAME_TYPES.ping:
    case FRAME_TYPES.pong:
      requireBody(length, PING_BYTES);
      return { type: type === FRAME_TYPES.ping ? "ping" : "pong", nonce: new Uint8Array(body) };
    case FRAME_TYPES.goAway:
      requireBody(length, 9);
      return {
        type: "go-away",
        minMs: view.getUint32(0, true),
        maxMs: view.getUint32(4, true),
        reason: view.getUint8(8),
      };
    case FRAME_TYPES.throttled:
      requireBody(length, 5);
      return { type: "throttled", limitId: view.getUint8(0), rate: view.getUint32(1, true) };
    case FRAME_TYPES.error:
      requireBody(length, 6);
      return {
        type: "error",
        code: view.getUint16(0, true),
        retryAfterSeconds: view.getUint32(2, true),
      };
  }
  return malformed();
};
