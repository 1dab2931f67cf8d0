/**
 * The cryptographic primitives Masq is built from, as one interface with interchangeable backends.
 * `noble.ts` implements it everywhere; @masq/node implements it on node:crypto, which is faster there.
 * Both give identical bytes and refuse the same inputs: one suite runs over both.
 */

/** X25519 key length, RFC 7748. */
export const DH_BYTES = 32;
/** ChaCha20-Poly1305 key and tag lengths, RFC 8439. */
export const AEAD_KEY_BYTES = 32;
export const AEAD_TAG_BYTES = 16;
export const AEAD_NONCE_BYTES = 12;
/** SHA-256 output length, FIPS 180-4. */
export const HASH_BYTES = 32;

/** What a handshake's key schedule and its records need. */
export interface SymmetricPrimitives {
  /** SHA-256, FIPS 180-4. */
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC-SHA-256, RFC 2104. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** ChaCha20-Poly1305, RFC 8439: ciphertext followed by the 16-byte tag. */
  seal(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** The reverse of `seal`. Throws MASQ_SESSION_FAILED when the tag does not verify, and nothing more is said. */
  open(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

/** All of them, synchronous, with private keys as bytes. */
export interface Primitives extends SymmetricPrimitives {
  /** The X25519 public key of a 32-byte private key, RFC 7748. */
  x25519PublicKey(privateKey: Uint8Array): Uint8Array;
  /** X25519, RFC 7748. Throws MASQ_SESSION_FAILED when the result is all zero (low-order points, section 6.1). */
  x25519(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
}

/**
 * An X25519 key pair as a handle: the private half may live where it cannot be read (a non-extractable WebCrypto
 * key), so the exchange is asynchronous.
 */
export interface DhKey {
  readonly publicKey: Uint8Array;
  /** X25519 of this key with `publicKey`; rejects with MASQ_SESSION_FAILED when the result is all zero. */
  dh(publicKey: Uint8Array): Promise<Uint8Array>;
  /** Wipes the private half, where it is held as bytes. */
  destroy?(): void;
}
