/** X25519 keys held in memory, for hosts whose platform keeps keys no better than we do. */
import { copyBytes } from "../bytes/bytes.ts";
import type { Random } from "../host.ts";
import { DH_BYTES } from "./primitives.ts";
import type { Primitives, DhKey } from "./primitives.ts";
import { requireLength } from "./session-failed.ts";

/** A new X25519 private key. Any 32 random bytes are one: X25519 clamps them itself (RFC 7748 section 5). */
export const generatePrivateKey = (random: Random): Uint8Array => {
  const privateKey = random(DH_BYTES);
  requireLength(privateKey, DH_BYTES, "random private key");
  return privateKey;
};

/** A `DhKey` over `crypto`. Keeps a copy: wiping the array passed in does not change the key. */
export const softwareKey = (crypto: Primitives, privateKey: Uint8Array): DhKey => {
  const own = copyBytes(privateKey);
  return {
    publicKey: crypto.x25519PublicKey(own),
    dh: async (publicKey) => crypto.x25519(own, publicKey),
    destroy: () => void own.fill(0),
  };
};
