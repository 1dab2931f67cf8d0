/** `PeerPrimitives` on the audited JavaScript of @noble, for browsers and any other host. */
import { copyBytes } from "../bytes/bytes.ts";
import { ed25519 } from "@noble/curves/ed25519.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { noblePrimitives } from "./noble.ts";
import {
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SEED_BYTES,
  ED25519_SIGNATURE_BYTES,
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_KEY_BYTES,
  KEM_RANDOM_BYTES,
  KEM_SECRET_KEY_BYTES,
  KEM_SEED_BYTES,
} from "./peer-primitives.ts";
import type { PeerPrimitives } from "./peer-primitives.ts";
import { requireLength, sessionFailed } from "./session-failed.ts";

/** Strict verification: RFC 8032's encodings instead of the wider ones of ZIP 215. */
const STRICT = { zip215: false };

/** The library's result is a view of more than it says; it is wiped. */
const ownCopy = (secret: Uint8Array): Uint8Array => {
  const copy = copyBytes(secret);
  secret.fill(0);
  return copy;
};

export const noblePeerPrimitives: PeerPrimitives = {
  ...noblePrimitives,

  ed25519PublicKey: (seed) => {
    requireLength(seed, ED25519_SEED_BYTES, "signing seed");
    return ed25519.getPublicKey(seed);
  },

  ed25519Sign: (seed, message) => {
    requireLength(seed, ED25519_SEED_BYTES, "signing seed");
    return ed25519.sign(message, seed);
  },

  ed25519Verify: (publicKey, message, signature) =>
    publicKey.length === ED25519_PUBLIC_KEY_BYTES &&
    signature.length === ED25519_SIGNATURE_BYTES &&
    ed25519.verify(signature, message, publicKey, STRICT),

  kemGenerate: (seed) => {
    requireLength(seed, KEM_SEED_BYTES, "key encapsulation seed");
    const { publicKey, secretKey } = ml_kem768.keygen(seed);
    return { publicKey, secretKey };
  },

  kemEncapsulate: (publicKey, random) => {
    requireLength(random, KEM_RANDOM_BYTES, "key encapsulation randomness");
    if (publicKey.length !== KEM_PUBLIC_KEY_BYTES) throw sessionFailed();
    try {
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, random);
      return { ciphertext: cipherText, sharedSecret: ownCopy(sharedSecret) };
    } catch {
      // With both lengths right, only the modulus check of FIPS 203 section 7.2 fails.
      throw sessionFailed();
    }
  },

  kemDecapsulate: (secretKey, ciphertext) => {
    requireLength(secretKey, KEM_SECRET_KEY_BYTES, "key encapsulation secret key");
    if (ciphertext.length !== KEM_CIPHERTEXT_BYTES) throw sessionFailed();
    return ownCopy(ml_kem768.decapsulate(ciphertext, secretKey));
  },
};
