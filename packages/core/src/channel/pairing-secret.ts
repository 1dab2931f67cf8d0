/** What follows from the one-time secret in a pairing link (docs/channel.md, "Pairing by link"). */
import { hkdf } from "../crypto/kdf.ts";
import {
  PAIRING_ID_LABEL,
  PAIRING_INITIATOR_LABEL,
  PAIRING_PSK_LABEL,
  PAIRING_RESPONDER_LABEL,
} from "../crypto/peer-labels.ts";
import { HASH_BYTES } from "../crypto/primitives.ts";
import type { SymmetricPrimitives } from "../crypto/primitives.ts";
import { requireLength } from "../crypto/session-failed.ts";
import type { Role } from "../noise/pattern.ts";
import { RENDEZVOUS_ID_BYTES } from "./prologue.ts";
import { SIDE_KEY_BYTES } from "./rendezvous.ts";

export const PAIRING_SECRET_BYTES = 32;

export interface PairingKeys {
  readonly rendezvousId: Uint8Array;
  /** Ours at the rendezvous. The initiator is who scans the code or opens the link. */
  readonly sideKey: Uint8Array;
  readonly psk: Uint8Array;
}

/** Each HKDF(no salt, secret, label): the sync service sees two of the results and learns nothing of the third. */
export const pairingKeys = (
  crypto: SymmetricPrimitives,
  secret: Uint8Array,
  role: Role,
): PairingKeys => {
  requireLength(secret, PAIRING_SECRET_BYTES, "pairing secret");
  const derive = (label: Uint8Array, bytes: number): Uint8Array =>
    hkdf(crypto, new Uint8Array(0), secret, label, bytes);
  const sideLabel = role === "initiator" ? PAIRING_INITIATOR_LABEL : PAIRING_RESPONDER_LABEL;
  return {
    rendezvousId: derive(PAIRING_ID_LABEL, RENDEZVOUS_ID_BYTES),
    sideKey: derive(sideLabel, SIDE_KEY_BYTES),
    psk: derive(PAIRING_PSK_LABEL, HASH_BYTES),
  };
};
