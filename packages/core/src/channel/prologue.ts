/**
 * What both sides of a handshake must agree on besides their keys (Noise revision 34, section 6; docs/channel.md,
 * "Prologue"). Every field carries its length, so that no two lists of fields give the same bytes.
 */
import { concatBytes, utf8 } from "../bytes/bytes.ts";
import { CHANNEL_PROLOGUE_LABEL, PAIRING_PROLOGUE_LABEL } from "../crypto/peer-labels.ts";
import { HASH_BYTES } from "../crypto/primitives.ts";
import { requireLength } from "../crypto/session-failed.ts";
import { CONNECT_SUITE, PAIRING_SUITE } from "../noise/hybrid.ts";

/** The version of the bytes on the wire, from the first message on. */
export const WIRE_VERSION = 1;

/** SHA-256 of a device's identity key; what that is, is not the channel's business. */
export const DEVICE_ID_BYTES: number = HASH_BYTES;

export const RENDEZVOUS_ID_BYTES = 16;

const EMPTY = new Uint8Array(0);

const field = (bytes: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(bytes.length >>> 8, bytes.length & 0xff), bytes);

const fields = (...all: readonly Uint8Array[]): Uint8Array => concatBytes(...all.map(field));

const version = Uint8Array.of(WIRE_VERSION >>> 8, WIRE_VERSION & 0xff);

/** The prologue of a channel between two devices that know each other. */
export const connectPrologue = (
  rendezvousId: Uint8Array,
  initiatorId: Uint8Array,
  responderId: Uint8Array,
): Uint8Array => {
  requireLength(rendezvousId, RENDEZVOUS_ID_BYTES, "rendezvous id");
  requireLength(initiatorId, DEVICE_ID_BYTES, "initiator's device id");
  requireLength(responderId, DEVICE_ID_BYTES, "responder's device id");
  return fields(
    CHANNEL_PROLOGUE_LABEL,
    version,
    utf8(CONNECT_SUITE),
    utf8("connect"),
    rendezvousId,
    initiatorId,
    responderId,
    // The place of a previous session's id, should a session ever be continued by another.
    EMPTY,
  );
};

/**
 * The prologue of a pairing. `context` is what led to the pre-shared key: nothing for a link, both messages of the
 * password-authenticated exchange for a typed code.
 */
export const pairingPrologue = (rendezvousId: Uint8Array, context: Uint8Array): Uint8Array => {
  requireLength(rendezvousId, RENDEZVOUS_ID_BYTES, "rendezvous id");
  return fields(
    PAIRING_PROLOGUE_LABEL,
    version,
    utf8(PAIRING_SUITE),
    utf8("pair"),
    rendezvousId,
    context,
  );
};
