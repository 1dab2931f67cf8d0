/**
 * `PeerPrimitives` for Node. Signing is OpenSSL's: RFC 8032 leaves no choice in its result. Verifying is @noble's,
 * because OpenSSL refuses signatures that only the cofactored equation accepts; two devices could then disagree on a
 * signed operation. Key encapsulation is @noble's too: Node offers ML-KEM only from version 24.7 on, and no way to
 * give it the randomness.
 */
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { requireLength } from "@masq/core";
import { ED25519_PUBLIC_KEY_BYTES, ED25519_SEED_BYTES, noblePeerPrimitives } from "@masq/core/peer";
import type { PeerPrimitives } from "@masq/core/peer";
import { nodePrimitives } from "./node-crypto.ts";

/** RFC 8410 section 7: what precedes the 32-byte seed in the PKCS #8 form of an Ed25519 key. */
const SEED_PREFIX = Uint8Array.of(
  0x30,
  0x2e,
  2,
  1,
  0,
  0x30,
  5,
  6,
  3,
  0x2b,
  0x65,
  0x70,
  4,
  0x22,
  4,
  0x20,
);

const importSeed = (seed: Uint8Array): KeyObject => {
  requireLength(seed, ED25519_SEED_BYTES, "signing seed");
  // Not Buffer.concat, which takes small results from a pool: these bytes are wiped, and no one else's.
  const der = Buffer.alloc(SEED_PREFIX.length + seed.length);
  der.set(SEED_PREFIX);
  der.set(seed, SEED_PREFIX.length);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  return key;
};

export const nodePeerPrimitives: PeerPrimitives = {
  ...noblePeerPrimitives,
  ...nodePrimitives,

  ed25519PublicKey: (seed) => {
    const spki = createPublicKey(importSeed(seed)).export({ format: "der", type: "spki" });
    return new Uint8Array(spki.subarray(spki.length - ED25519_PUBLIC_KEY_BYTES));
  },

  ed25519Sign: (seed, message) => new Uint8Array(sign(null, message, importSeed(seed))),
};
