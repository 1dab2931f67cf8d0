/**
 * The primitives on node:crypto (OpenSSL), which is several times faster than JavaScript. Same bytes and same
 * refusals as noblePrimitives: one suite compares them. Nothing here modifies its arguments.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  hash,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import {
  AEAD_KEY_BYTES,
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  DH_BYTES,
  equalBytes,
  HASH_BYTES,
  requireLength,
  sessionFailed,
} from "@masq/core";
import type { Primitives } from "@masq/core";

const CIPHER = "chacha20-poly1305";
const CIPHER_OPTIONS = { authTagLength: AEAD_TAG_BYTES };

/** RFC 8410: what precedes the 32 key bytes in the PKCS #8 and SubjectPublicKeyInfo forms of an X25519 key. */
const PRIVATE_KEY_PREFIX = Uint8Array.of(
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
  0x6e,
  4,
  0x22,
  4,
  0x20,
);
const PUBLIC_KEY_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 0x21, 0);

const encoded = (prefix: Uint8Array, key: Uint8Array): Buffer => {
  // Not Buffer.concat, which takes small results from a pool: these bytes are wiped, and no one else's.
  const der = Buffer.alloc(prefix.length + key.length);
  der.set(prefix);
  der.set(key, prefix.length);
  return der;
};

const importPrivateKey = (key: Uint8Array): KeyObject => {
  const der = encoded(PRIVATE_KEY_PREFIX, key);
  const imported = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  return imported;
};

const importPublicKey = (key: Uint8Array): KeyObject =>
  createPublicKey({ key: encoded(PUBLIC_KEY_PREFIX, key), format: "der", type: "spki" });

/** The u-coordinate 9 (RFC 7748 section 6.1): multiplying it is a fifth faster than exporting a public key. */
const BASE_POINT = importPublicKey(
  Uint8Array.from({ length: DH_BYTES }, (_, index) => (index === 0 ? 9 : 0)),
);

/**
 * Cipher keys as KeyObjects, found by the array that holds them. A KeyObject makes small messages four to
 * five times faster than raw bytes do, and keeping it saves another third. The kept copy is compared on
 * each use, because the owner may have overwritten the array since.
 */
const cipherKeys = new WeakMap<
  Uint8Array,
  { readonly bytes: Uint8Array; readonly key: KeyObject }
>();

const cipherKey = (bytes: Uint8Array): KeyObject => {
  const kept = cipherKeys.get(bytes);
  if (kept !== undefined && equalBytes(kept.bytes, bytes)) return kept.key;
  const key = createSecretKey(bytes);
  cipherKeys.set(bytes, { bytes: new Uint8Array(bytes), key });
  return key;
};

const requireAeadArguments = (key: Uint8Array, nonce: Uint8Array): void => {
  requireLength(key, AEAD_KEY_BYTES, "cipher key");
  requireLength(nonce, AEAD_NONCE_BYTES, "nonce");
};

/** The bytes of a result of node:crypto, as the plain array our interface promises. */
const plain = (buffer: Buffer): Uint8Array =>
  buffer.byteLength === buffer.buffer.byteLength
    ? new Uint8Array(buffer.buffer)
    : new Uint8Array(buffer);

const HASH_BLOCK_BYTES = 64;
/** Keys and chains are derived from less. */
const MAX_HASHED_BYTES = 256;
const innerBlock = new Uint8Array(HASH_BLOCK_BYTES + MAX_HASHED_BYTES);
const outerBlock = new Uint8Array(HASH_BLOCK_BYTES + HASH_BYTES);

/**
 * HMAC by its definition (RFC 2104 section 2) on the one-shot hash, which needs no object to be made: half the time where
 * key and data are short, and every record of a session takes four. What the blocks held of the key is wiped.
 */
const shortHmac = (key: Uint8Array, data: Uint8Array): Uint8Array => {
  innerBlock.fill(0x36, 0, HASH_BLOCK_BYTES);
  outerBlock.fill(0x5c, 0, HASH_BLOCK_BYTES);
  for (let index = 0; index < key.length; index += 1) {
    const byte = key[index] as number;
    innerBlock[index] = 0x36 ^ byte;
    outerBlock[index] = 0x5c ^ byte;
  }
  innerBlock.set(data, HASH_BLOCK_BYTES);
  const inner = hash("sha256", innerBlock.subarray(0, HASH_BLOCK_BYTES + data.length), "buffer");
  outerBlock.set(inner, HASH_BLOCK_BYTES);
  const mac = plain(hash("sha256", outerBlock, "buffer"));
  innerBlock.fill(0);
  outerBlock.fill(0);
  inner.fill(0);
  return mac;
};

/** `Primitives` on node:crypto. */
export const nodePrimitives: Primitives = {
  // By way of a text, one character a byte: that is more than twice as fast as a Buffer.
  sha256: (data) => {
    const text = hash("sha256", data, "binary");
    const digest = new Uint8Array(HASH_BYTES);
    for (let index = 0; index < HASH_BYTES; index += 1) digest[index] = text.charCodeAt(index);
    return digest;
  },

  hmacSha256: (key, data) => {
    // As above: a key given as a KeyObject is five times faster than its raw bytes.
    if (key.length > HASH_BLOCK_BYTES || data.length > MAX_HASHED_BYTES) {
      return plain(createHmac("sha256", createSecretKey(key)).update(data).digest());
    }
    return shortHmac(key, data);
  },

  x25519PublicKey: (privateKey) => {
    requireLength(privateKey, DH_BYTES, "private key");
    return plain(
      diffieHellman({ privateKey: importPrivateKey(privateKey), publicKey: BASE_POINT }),
    );
  },

  x25519: (privateKey, publicKey) => {
    requireLength(privateKey, DH_BYTES, "private key");
    requireLength(publicKey, DH_BYTES, "public key");
    const keys = {
      privateKey: importPrivateKey(privateKey),
      publicKey: importPublicKey(publicKey),
    };
    try {
      // OpenSSL itself refuses a shared secret of zeros (RFC 7748 section 6.1); nothing else fails here.
      return plain(diffieHellman(keys));
    } catch {
      throw sessionFailed();
    }
  },

  seal: (key, nonce, ad, plaintext) => {
    requireAeadArguments(key, nonce);
    const cipher = createCipheriv(CIPHER, cipherKey(key), nonce, CIPHER_OPTIONS);
    if (ad.length > 0) cipher.setAAD(ad, { plaintextLength: plaintext.length });
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    const sealed = new Uint8Array(plaintext.length + AEAD_TAG_BYTES);
    sealed.set(ciphertext);
    sealed.set(cipher.getAuthTag(), plaintext.length);
    return sealed;
  },

  open: (key, nonce, ad, ciphertext) => {
    requireAeadArguments(key, nonce);
    // The other end chose this length, so a short one is its failure and not our defect.
    const length = ciphertext.length - AEAD_TAG_BYTES;
    if (length < 0) throw sessionFailed();
    const decipher = createDecipheriv(CIPHER, cipherKey(key), nonce, CIPHER_OPTIONS);
    if (ad.length > 0) decipher.setAAD(ad, { plaintextLength: length });
    decipher.setAuthTag(ciphertext.subarray(length));
    const plaintext = decipher.update(ciphertext.subarray(0, length));
    try {
      decipher.final();
    } catch {
      // Decrypted but not verified: nobody may ever see it.
      plaintext.fill(0);
      throw sessionFailed();
    }
    return plain(plaintext);
  },
};
