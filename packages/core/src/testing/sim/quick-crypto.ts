/**
 * Primitives that keep no secret and are quick: key exchanges by multiplication, which commutes as X25519 does, and a key
 * encapsulation that hides nothing. With the real ones a simulated life with a few dozen handshakes takes seconds, nearly all of it
 * for curves. Hashes and sealing are the real ones, so a record that was changed or came twice is still refused.
 */
import { concatBytes } from "../../bytes/bytes.ts";
import { noblePeerPrimitives } from "../../crypto/noble-peer.ts";
import {
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_KEY_BYTES,
  KEM_SECRET_KEY_BYTES,
  type PeerPrimitives,
} from "../../crypto/peer-primitives.ts";
import { DH_BYTES, HASH_BYTES } from "../../crypto/primitives.ts";

/** A prime, so that no product of factors below it is zero. */
const PRIME = 2n ** 61n - 1n;
const FACTOR = 0x1234_5678_9abc_def1n;

const numberIn = (bytes: Uint8Array): bigint =>
  (new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0) % (PRIME - 1n)) + 1n;

/** `numberIn` of it is `number` again. */
const bytesOf = (number: bigint): Uint8Array => {
  const bytes = new Uint8Array(DH_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, number - 1n);
  return bytes;
};

const padded = (bytes: Uint8Array, length: number): Uint8Array => {
  const all = new Uint8Array(length);
  all.set(bytes);
  return all;
};

const sharedSecret = (key: Uint8Array, drawn: Uint8Array): Uint8Array =>
  noblePeerPrimitives.sha256(
    concatBytes(key.subarray(0, HASH_BYTES), drawn.subarray(0, HASH_BYTES)),
  );

export const quickPrimitives: PeerPrimitives = {
  ...noblePeerPrimitives,
  x25519PublicKey: (privateKey) => bytesOf((numberIn(privateKey) * FACTOR) % PRIME),
  x25519: (privateKey, publicKey) => bytesOf((numberIn(privateKey) * numberIn(publicKey)) % PRIME),
  kemGenerate: (seed) => {
    const key = noblePeerPrimitives.sha256(seed);
    return {
      publicKey: padded(key, KEM_PUBLIC_KEY_BYTES),
      secretKey: padded(key, KEM_SECRET_KEY_BYTES),
    };
  },
  kemEncapsulate: (publicKey, drawn) => ({
    ciphertext: padded(drawn, KEM_CIPHERTEXT_BYTES),
    sharedSecret: sharedSecret(publicKey, drawn),
  }),
  kemDecapsulate: sharedSecret,
};
