/**
 * Which key follows from which (docs/channel.md, "Key schedule"): from a finished handshake to the ratchet's first
 * keys, and the two key derivations of Signal's "The Double Ratchet Algorithm" (revision 3, sections 2.2 and 2.3,
 * in the form with header encryption of section 3).
 */
import { concatBytes, copyBytes } from "../bytes/bytes.ts";
import { hkdf } from "../crypto/kdf.ts";
import { RATCHET_ROOT_LABEL, RATCHET_START_LABEL } from "../crypto/peer-labels.ts";
import { HASH_BYTES } from "../crypto/primitives.ts";
import type { SymmetricPrimitives } from "../crypto/primitives.ts";
import type { HandshakeState } from "../noise/handshake.ts";

/** `bytes` cut into keys; the whole is wiped. */
const cutIntoKeys = (bytes: Uint8Array): Uint8Array[] => {
  const keys = Array.from({ length: bytes.length / HASH_BYTES }, (_, index) =>
    copyBytes(bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)),
  );
  bytes.fill(0);
  return keys;
};

/** What a finished handshake leaves to a session. */
export interface SessionSecrets {
  readonly handshakeHash: Uint8Array;
  readonly rootKey: Uint8Array;
  /** Of the headers in the initiator's first chain. */
  readonly initiatorHeaderKey: Uint8Array;
  /** Of the headers in the responder's first chain. */
  readonly responderHeaderKey: Uint8Array;
  readonly sessionId: Uint8Array;
}

/** HKDF(salt = h, k1 | k2, "masq dr v1"), where k1 and k2 are what Noise's Split gives. Ends the handshake. */
export const sessionSecrets = (
  crypto: SymmetricPrimitives,
  handshake: HandshakeState,
): SessionSecrets => {
  const { handshakeHash } = handshake;
  const [first, second] = handshake.splitKeys();
  const both = concatBytes(first, second);
  const keys = hkdf(crypto, handshakeHash, both, RATCHET_START_LABEL, 4 * HASH_BYTES);
  for (const key of [first, second, both]) key.fill(0);
  const [rootKey, initiatorHeaderKey, responderHeaderKey, sessionId] = cutIntoKeys(keys) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  return { handshakeHash, rootKey, initiatorHeaderKey, responderHeaderKey, sessionId };
};

export interface RootStep {
  readonly rootKey: Uint8Array;
  readonly chainKey: Uint8Array;
  /** Of the headers in the next chain of the same direction. */
  readonly nextHeaderKey: Uint8Array;
}

/** KDF_RK_HE: HKDF(salt = root key, Diffie-Hellman output, "masq dr root v1"). Wipes the output it was given. */
export const rootStep = (
  crypto: SymmetricPrimitives,
  rootKey: Uint8Array,
  dhOutput: Uint8Array,
): RootStep => {
  const keys = hkdf(crypto, rootKey, dhOutput, RATCHET_ROOT_LABEL, 3 * HASH_BYTES);
  dhOutput.fill(0);
  const [root, chainKey, nextHeaderKey] = cutIntoKeys(keys) as [Uint8Array, Uint8Array, Uint8Array];
  return { rootKey: root, chainKey, nextHeaderKey };
};

const MESSAGE_KEY_INPUT = Uint8Array.of(1);
const CHAIN_KEY_INPUT = Uint8Array.of(2);

/** KDF_CK: HMAC with Signal's constants. */
export const chainStep = (
  crypto: SymmetricPrimitives,
  chainKey: Uint8Array,
): { readonly messageKey: Uint8Array; readonly chainKey: Uint8Array } => ({
  messageKey: crypto.hmacSha256(chainKey, MESSAGE_KEY_INPUT),
  chainKey: crypto.hmacSha256(chainKey, CHAIN_KEY_INPUT),
});
