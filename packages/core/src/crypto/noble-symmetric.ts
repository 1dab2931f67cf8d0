/**
 * The symmetric primitives on the audited JavaScript of @noble: works wherever JavaScript does. Apart from noble.ts,
 * so that a web page whose browser does X25519 itself need not carry it. Nothing here modifies its arguments, and
 * every result is a fresh array.
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AEAD_TAG_BYTES } from "./primitives.ts";
import type { SymmetricPrimitives } from "./primitives.ts";
import { requireLength, sessionFailed } from "./session-failed.ts";

const requireAeadArguments = (key: Uint8Array, nonce: Uint8Array): void => {
  requireLength(key, AEAD_KEY_BYTES, "cipher key");
  requireLength(nonce, AEAD_NONCE_BYTES, "nonce");
};

export const nobleSymmetric: SymmetricPrimitives = {
  sha256: (data) => sha256(data),

  hmacSha256: (key, data) => hmac(sha256, key, data),

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
