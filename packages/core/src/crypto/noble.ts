/**
 * The primitives on the audited JavaScript of @noble: works wherever JavaScript does. The only file that
 * imports noble. Nothing here modifies its arguments, and every result is a fresh array.
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AEAD_TAG_BYTES, DH_BYTES } from "./primitives.ts";
import type { Primitives } from "./primitives.ts";
import { requireLength, sessionFailed } from "./session-failed.ts";

const requireAeadArguments = (key: Uint8Array, nonce: Uint8Array): void => {
  requireLength(key, AEAD_KEY_BYTES, "cipher key");
  requireLength(nonce, AEAD_NONCE_BYTES, "nonce");
};

/** `Primitives` on @noble, for browsers and any other host. */
export const noblePrimitives: Primitives = {
  sha256: (data) => sha256(data),

  hmacSha256: (key, data) => hmac(sha256, key, data),

  x25519PublicKey: (privateKey) => {
    requireLength(privateKey, DH_BYTES, "private key");
    return x25519.getPublicKey(privateKey);
  },

  x25519: (privateKey, publicKey) => {
    requireLength(privateKey, DH_BYTES, "private key");
    requireLength(publicKey, DH_BYTES, "public key");
    try {
      // Refuses low-order points itself (RFC 7748 section 6.1); with both lengths right, nothing else fails.
      return x25519.getSharedSecret(privateKey, publicKey);
    } catch {
      throw sessionFailed();
    }
  },

  seal: (key, nonce, ad, plaintext) => {
    requireAeadArguments(key, nonce);
    return chacha20poly1305(key, nonce, ad).encrypt(plaintext);
  },

  open: (key, nonce, ad, ciphertext) => {
    requireAeadArguments(key, nonce);
    // The other end chose this length, so a short one is its failure and not our defect.
    if (ciphertext.length < AEAD_TAG_BYTES) throw sessionFailed();
    try {
      return chacha20poly1305(key, nonce, ad).decrypt(ciphertext);
    } catch {
      throw sessionFailed();
    }
  },
};
