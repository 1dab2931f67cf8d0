/** The CipherState object of Noise revision 34, section 5.1, with ChaChaPoly (section 12.3). */
import { copyBytes } from "../bytes/bytes.ts";
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES } from "../crypto/primitives.ts";
import type { SymmetricPrimitives } from "../crypto/primitives.ts";
import { requireLength, sessionFailed } from "../crypto/session-failed.ts";

/**
 * Where a CipherState ends. Noise allows nonces below 2^64 - 1; ours are JavaScript numbers and stop at
 * the last exact integer, which no session reaches: at a million messages a second it lasts 285 years.
 */
export const MAX_NONCE: number = Number.MAX_SAFE_INTEGER;

const TWO_POW_32 = 2 ** 32;

/**
 * One direction of an encrypted conversation: a key and a counter. Synchronous and meant for every record;
 * it does not bound the length of a message, which is the business of the layer that frames it.
 */
export class CipherState {
  readonly #crypto: SymmetricPrimitives;
  #key: Uint8Array | undefined;
  #nonce = 0;
  #destroyed = false;
  /** 32 zero bits and then the nonce, little-endian (section 12.3). Reused, since primitives copy it. */
  readonly #nonceBytes: Uint8Array = new Uint8Array(AEAD_NONCE_BYTES);
  readonly #nonceView: DataView = new DataView(this.#nonceBytes.buffer);

  /** A key given here becomes ours, as one given to `initializeKey`. */
  constructor(crypto: SymmetricPrimitives, key?: Uint8Array) {
    this.#crypto = crypto;
    if (key !== undefined) this.initializeKey(key);
  }

  /** InitializeKey (section 5.1). The array becomes ours: `destroy` or the next key wipes it. */
  initializeKey(key: Uint8Array): void {
    requireLength(key, AEAD_KEY_BYTES, "cipher key");
    if (this.#destroyed) throw sessionFailed();
    this.#key?.fill(0);
    this.#key = key;
    this.#nonce = 0;
  }

  /** HasKey (section 5.1). */
  get hasKey(): boolean {
    return this.#key !== undefined;
  }

  /** The nonce the next message will use. */
  get nonce(): number {
    return this.#nonce;
  }

  /** SetNonce (section 5.1). Only for reading out of order (section 11.4): a writer that goes back reuses a nonce. */
  setNonce(nonce: number): void {
    if (!Number.isSafeInteger(nonce) || nonce < 0) throw sessionFailed();
    this.#nonce = nonce;
  }

  /** EncryptWithAd (section 5.1). Without a key the result is the plaintext itself, copied. */
  encryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const key = this.#usableKey();
    if (key === undefined) return copyBytes(plaintext);
    const ciphertext = this.#crypto.seal(key, this.#nonceBytes, ad, plaintext);
    this.#nonce++;
    return ciphertext;
  }

  /** DecryptWithAd (section 5.1). A message that fails leaves the nonce where it was. */
  decryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const key = this.#usableKey();
    if (key === undefined) return copyBytes(ciphertext);
    const plaintext = this.#crypto.open(key, this.#nonceBytes, ad, ciphertext);
    this.#nonce++;
    return plaintext;
  }

  /** Wipes the key; every later use is refused. */
  destroy(): void {
    this.#key?.fill(0);
    this.#key = undefined;
    this.#destroyed = true;
  }

  /** The key, with the nonce bytes made ready for it; undefined before the first key. */
  #usableKey(): Uint8Array | undefined {
    // Without this a destroyed state would look like one that has no key yet, and send plaintext.
    if (this.#destroyed) throw sessionFailed();
    if (this.#key === undefined) return undefined;
    if (this.#nonce >= MAX_NONCE) throw sessionFailed();
    this.#nonceView.setUint32(4, this.#nonce % TWO_POW_32, true);
    this.#nonceView.setUint32(8, Math.floor(this.#nonce / TWO_POW_32), true);
    return this.#key;
  }
}
