/**
 * The 6 digits a person compares when an app asks for access. They follow from the handshake hash and one nonce of
 * each side; the app commits to its nonce and its static key before it sees the store's nonce, and reveals both last: nothing is
 * left that a program in between could vary, so it has one guess in a million instead of as many as it can compute.
 */
import { concatBytes } from "../bytes/bytes.ts";
import { CONSENT_CODE_LABEL, CONSENT_COMMIT_LABEL } from "../crypto/labels.ts";
import type { SymmetricPrimitives } from "../crypto/primitives.ts";

/** SHA-256(label | nonce | the app's static public key), sent in the first handshake message. */
export const consentCommitment = (
  crypto: SymmetricPrimitives,
  appNonce: Uint8Array,
  appKey: Uint8Array,
): Uint8Array => crypto.sha256(concatBytes(CONSENT_COMMIT_LABEL, appNonce, appKey));

/** First 8 bytes of HMAC-SHA-256(handshake hash, label | app nonce | store nonce) as a number, modulo 10^6. */
export const consentCode = (
  crypto: SymmetricPrimitives,
  handshakeHash: Uint8Array,
  appNonce: Uint8Array,
  storeNonce: Uint8Array,
): string => {
  const digest = crypto.hmacSha256(
    handshakeHash,
    concatBytes(CONSENT_CODE_LABEL, appNonce, storeNonce),
  );
  let remainder = 0;
  for (const byte of digest.subarray(0, 8)) remainder = (remainder * 256 + byte) % 1_000_000;
  return remainder.toString().padStart(6, "0");
};
