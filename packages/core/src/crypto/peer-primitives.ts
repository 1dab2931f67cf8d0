/**
 * What two devices need besides `Primitives`: signatures for what many devices must judge alike, and a key
 * encapsulation that a quantum computer does not open. `noble-peer.ts` implements it everywhere, @masq/node on
 * node:crypto where that gives the same bytes and refuses the same inputs: one suite runs over both.
 */
import type { Primitives } from "./primitives.ts";

/** Ed25519, RFC 8032 section 5.1. */
export const ED25519_SEED_BYTES = 32;
export const ED25519_PUBLIC_KEY_BYTES = 32;
export const ED25519_SIGNATURE_BYTES = 64;

/** ML-KEM-768, FIPS 203 section 8, table 3; the seed is d and z of its section 7.1. */
export const KEM_SEED_BYTES = 64;
export const KEM_PUBLIC_KEY_BYTES = 1184;
export const KEM_SECRET_KEY_BYTES = 2400;
export const KEM_CIPHERTEXT_BYTES = 1088;
export const KEM_RANDOM_BYTES = 32;
export const KEM_SHARED_SECRET_BYTES = 32;

export interface KemKeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

export interface KemEncapsulation {
  readonly ciphertext: Uint8Array;
  readonly sharedSecret: Uint8Array;
}

/** All synchronous. A wrong length of something that is always our own is MASQ_INTERNAL. */
export interface PeerPrimitives extends Primitives {
  /** The public key of a 32-byte seed. */
  ed25519PublicKey(seed: Uint8Array): Uint8Array;
  /** Deterministic, as RFC 8032 section 5.1.6 has it. */
  ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /**
   * Whether the signature holds; never throws. Strict, so that all devices agree: no public key of small order,
   * no encoding but the canonical one of a point or a scalar, and the cofactored equation of RFC 8032 section 5.1.7.
   */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;

  /** ML-KEM.KeyGen_internal (FIPS 203, algorithm 16). */
  kemGenerate(seed: Uint8Array): KemKeyPair;
  /**
   * ML-KEM.Encaps_internal (algorithm 17) after the checks of section 7.2. Throws MASQ_SESSION_FAILED for a public
   * key of the wrong length or with a coefficient that is not below 3329.
   */
  kemEncapsulate(publicKey: Uint8Array, random: Uint8Array): KemEncapsulation;
  /**
   * ML-KEM.Decaps (section 7.3). A ciphertext that was changed gives another secret, not an error; one of the wrong
   * length throws MASQ_SESSION_FAILED.
   */
  kemDecapsulate(secretKey: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}
