/**
 * The tokens e1 and ekem1: a key encapsulation between two ephemeral keys beside the Diffie-Hellman of e and ee, after
 * the unofficial Noise extension "Hybrid Forward Secrecy" (revision 1). Public key and ciphertext both go through
 * EncryptAndHash, so that the transcript binds them (a re-encapsulated secret has another transcript). Apart from
 * handshake.ts, so that who uses no pattern with these tokens does not load it.
 */
import { AEAD_TAG_BYTES } from "../crypto/primitives.ts";
import {
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_KEY_BYTES,
  KEM_RANDOM_BYTES,
  KEM_SEED_BYTES,
} from "../crypto/peer-primitives.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import { sessionFailed } from "../crypto/session-failed.ts";
import type { Random } from "../host.ts";
import type { KemToken } from "./pattern.ts";
import type { SymmetricState } from "./symmetric-state.ts";

/** One side's part in one handshake. Nobody's role is fixed: who writes e1 keeps the secret key. */
export class KemExchange {
  readonly #crypto: PeerPrimitives;
  readonly #random: Random;
  #secretKey: Uint8Array | undefined;
  #remoteKey: Uint8Array | undefined;

  constructor(crypto: PeerPrimitives, random: Random) {
    this.#crypto = crypto;
    this.#random = random;
  }

  /** The bytes a token adds to the message. */
  write(token: KemToken, symmetric: SymmetricState): Uint8Array {
    if (token === "e1") {
      const seed = this.#random(KEM_SEED_BYTES);
      const { publicKey, secretKey } = this.#crypto.kemGenerate(seed);
      seed.fill(0);
      this.#secretKey = secretKey;
      return symmetric.encryptAndHash(publicKey);
    }
    if (this.#remoteKey === undefined) throw sessionFailed();
    const random = this.#random(KEM_RANDOM_BYTES);
    const { ciphertext, sharedSecret } = this.#crypto.kemEncapsulate(this.#remoteKey, random);
    random.fill(0);
    const bytes = symmetric.encryptAndHash(ciphertext);
    symmetric.mixKey(sharedSecret);
    sharedSecret.fill(0);
    return bytes;
  }

  /** Reads the token's bytes with `take`, which throws when the message holds too few. */
  read(token: KemToken, symmetric: SymmetricState, take: (length: number) => Uint8Array): void {
    const tag = symmetric.hasKey ? AEAD_TAG_BYTES : 0;
    if (token === "e1") {
      this.#remoteKey = symmetric.decryptAndHash(take(KEM_PUBLIC_KEY_BYTES + tag));
      return;
    }
    const ciphertext = symmetric.decryptAndHash(take(KEM_CIPHERTEXT_BYTES + tag));
    if (this.#secretKey === undefined) throw sessionFailed();
    const sharedSecret = this.#crypto.kemDecapsulate(this.#secretKey, ciphertext);
    symmetric.mixKey(sharedSecret);
    sharedSecret.fill(0);
  }

  destroy(): void {
    this.#secretKey?.fill(0);
    this.#secretKey = undefined;
  }
}
