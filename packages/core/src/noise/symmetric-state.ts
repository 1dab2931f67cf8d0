/** The SymmetricState object of Noise revision 34, section 5.2, with SHA256 (section 12.5). */
import { concatBytes, copyBytes, utf8 } from "../bytes/bytes.ts";
import { noiseHkdf } from "../crypto/kdf.ts";
import { HASH_BYTES } from "../crypto/primitives.ts";
import type { SymmetricPrimitives } from "../crypto/primitives.ts";
import { CipherState } from "./cipher-state.ts";

const EMPTY = new Uint8Array(0);

/** The chaining key `ck`, the transcript hash `h`, and the CipherState of the handshake. */
export class SymmetricState {
  readonly #crypto: SymmetricPrimitives;
  readonly #cipher: CipherState;
  #chainingKey: Uint8Array;
  #hash: Uint8Array;

  /** InitializeSymmetric(protocol_name). */
  constructor(crypto: SymmetricPrimitives, protocolName: string) {
    const name = utf8(protocolName);
    this.#crypto = crypto;
    this.#cipher = new CipherState(crypto);
    if (name.length <= HASH_BYTES) {
      this.#hash = new Uint8Array(HASH_BYTES);
      this.#hash.set(name);
    } else {
      this.#hash = crypto.sha256(name);
    }
    this.#chainingKey = copyBytes(this.#hash);
  }

  /** Whether what is sent now is encrypted, and so 16 bytes longer. */
  get hasKey(): boolean {
    return this.#cipher.hasKey;
  }

  /** MixKey(input_key_material). */
  mixKey(inputKeyMaterial: Uint8Array): void {
    const [chainingKey, key] = noiseHkdf(this.#crypto, this.#chainingKey, inputKeyMaterial, 2);
    this.#replaceChainingKey(chainingKey);
    this.#cipher.initializeKey(key);
  }

  /** MixHash(data): h = HASH(h || data). */
  mixHash(data: Uint8Array): void {
    this.#hash = this.#crypto.sha256(concatBytes(this.#hash, data));
  }

  /** MixKeyAndHash(input_key_material), for pre-shared keys (section 9). */
  mixKeyAndHash(inputKeyMaterial: Uint8Array): void {
    const [chainingKey, hash, key] = noiseHkdf(
      this.#crypto,
      this.#chainingKey,
      inputKeyMaterial,
      3,
    );
    this.#replaceChainingKey(chainingKey);
    this.mixHash(hash);
    this.#cipher.initializeKey(key);
  }

  /** GetHandshakeHash(): meaningful once the handshake is over (section 11.2). */
  get handshakeHash(): Uint8Array {
    return copyBytes(this.#hash);
  }

  /** EncryptAndHash(plaintext). */
  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher.encryptWithAd(this.#hash, plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /** DecryptAndHash(ciphertext). */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#cipher.decryptWithAd(this.#hash, ciphertext);
    this.mixHash(ciphertext);
    return plaintext;
  }

  /** Split(): the first key encrypts what the initiator sends, the second what the responder sends. */
  split(): [Uint8Array, Uint8Array] {
    return noiseHkdf(this.#crypto, this.#chainingKey, EMPTY, 2);
  }

  /** Wipes every key; what is left refuses to encrypt. */
  destroy(): void {
    this.#chainingKey.fill(0);
    this.#cipher.destroy();
  }

  #replaceChainingKey(chainingKey: Uint8Array): void {
    this.#chainingKey.fill(0);
    this.#chainingKey = chainingKey;
  }
}
