/**
 * Where two devices meet at a sync service (docs/channel.md, "Rendezvous"): an id both compute for each pair, sync
 * service and day, and a side key for each end, which the sync service asks for so that nobody else takes its place.
 * All follow from the Diffie-Hellman of the pair's static keys; the handshake uses that too, under other labels.
 */
import { concatBytes, copyBytes, utf8 } from "../bytes/bytes.ts";
import {
  RENDEZVOUS_ID_LABEL,
  RENDEZVOUS_INITIATOR_LABEL,
  RENDEZVOUS_OFFSET_LABEL,
  RENDEZVOUS_RESPONDER_LABEL,
  RENDEZVOUS_ROOT_LABEL,
} from "../crypto/peer-labels.ts";
import type { DhKey, SymmetricPrimitives } from "../crypto/primitives.ts";
import { MasqError } from "../errors.ts";
import type { Role } from "../noise/pattern.ts";
import { RENDEZVOUS_ID_BYTES } from "./prologue.ts";

export const SIDE_KEY_BYTES = 16;

const EPOCH_SECONDS = 86_400;
const MAX_EPOCH = 0xffff_fffe;

/** What one end registers for one epoch. */
export interface Rendezvous {
  readonly epoch: number;
  readonly id: Uint8Array;
  /** Ours; the other end's is never shown. */
  readonly sideKey: Uint8Array;
}

/** HKDF-Extract of the two static keys' exchange (RFC 5869 section 2.2): once per pair, then kept in memory. */
export const pairRoot = async (
  crypto: SymmetricPrimitives,
  ownKey: DhKey,
  remoteKey: Uint8Array,
): Promise<Uint8Array> => {
  const secret = await ownKey.dh(remoteKey);
  const root = crypto.hmacSha256(RENDEZVOUS_ROOT_LABEL, secret);
  secret.fill(0);
  return root;
};

/** HKDF-Expand (RFC 5869 section 2.3) where one block suffices. */
const expand = (
  crypto: SymmetricPrimitives,
  root: Uint8Array,
  info: Uint8Array,
  bytes: number,
): Uint8Array => {
  const block = crypto.hmacSha256(root, concatBytes(info, Uint8Array.of(1)));
  const key = copyBytes(block.subarray(0, bytes));
  block.fill(0);
  return key;
};

/** Seconds by which this pair's days begin before those of UTC: every pair changes at another time of day. */
const offsetOf = (crypto: SymmetricPrimitives, root: Uint8Array): number => {
  const bytes = expand(crypto, root, RENDEZVOUS_OFFSET_LABEL, 4);
  return new DataView(bytes.buffer).getUint32(0) % EPOCH_SECONDS;
};

/**
 * The epoch at `relaySeconds`, the sync service's clock in seconds since 1970. Refuses a clock no epoch of ours fits:
 * MASQ_MESSAGE_INVALID.
 */
export const epochAt = (
  crypto: SymmetricPrimitives,
  root: Uint8Array,
  relaySeconds: number,
): number => {
  const epoch = Math.floor((relaySeconds + offsetOf(crypto, root)) / EPOCH_SECONDS);
  if (!(epoch >= 1 && epoch <= MAX_EPOCH)) {
    throw new MasqError(
      "MASQ_MESSAGE_INVALID",
      "The sync service's clock shows an impossible time.",
    );
  }
  return epoch;
};

/** How many seconds of the sync service's clock the epoch at `relaySeconds` still lasts: above 0, 86,400 at most. */
export const secondsToNextEpoch = (
  crypto: SymmetricPrimitives,
  root: Uint8Array,
  relaySeconds: number,
): number => EPOCH_SECONDS - ((relaySeconds + offsetOf(crypto, root)) % EPOCH_SECONDS);

/** Id and side key of one epoch. `relayName` is the name kept beside the sync service's address. */
export const rendezvousAt = (
  crypto: SymmetricPrimitives,
  root: Uint8Array,
  role: Role,
  relayName: string,
  epoch: number,
): Rendezvous => {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, epoch);
  // The epoch before the name, and each of one length: no two pairs of them give the same bytes.
  const derive = (label: Uint8Array, bytes: number): Uint8Array =>
    expand(crypto, root, concatBytes(label, number, utf8(relayName)), bytes);
  const sideLabel = role === "initiator" ? RENDEZVOUS_INITIATOR_LABEL : RENDEZVOUS_RESPONDER_LABEL;
  return {
    epoch,
    id: derive(RENDEZVOUS_ID_LABEL, RENDEZVOUS_ID_BYTES),
    sideKey: derive(sideLabel, SIDE_KEY_BYTES),
  };
};

/** The previous, the current and the next epoch's, since two clocks may differ by a while. */
export const rendezvousNow = (
  crypto: SymmetricPrimitives,
  root: Uint8Array,
  role: Role,
  relayName: string,
  relaySeconds: number,
): readonly [previous: Rendezvous, current: Rendezvous, next: Rendezvous] => {
  const epoch = epochAt(crypto, root, relaySeconds);
  const at = (each: number): Rendezvous => rendezvousAt(crypto, root, role, relayName, each);
  return [at(epoch - 1), at(epoch), at(epoch + 1)];
};
