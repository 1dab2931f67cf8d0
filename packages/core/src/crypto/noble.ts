/** All primitives on the audited JavaScript of @noble, for browsers and any other host. */
import { x25519 } from "@noble/curves/ed25519.js";
import { nobleSymmetric } from "./noble-symmetric.ts";
import { DH_BYTES } from "./primitives.ts";
import type { Primitives } from "./primitives.ts";
import { requireLength, sessionFailed } from "./session-failed.ts";

export const noblePrimitives: Primitives = {
  ...nobleSymmetric,

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
};
