/** Key derivation with HMAC-SHA-256: HKDF (RFC 5869), and its form in Noise (revision 34, section 4.3). */
import { copyBytes } from "../bytes/bytes.ts";
import { MasqError } from "../errors.ts";
import type { SymmetricPrimitives } from "./primitives.ts";
import { HASH_BYTES } from "./primitives.ts";

/** The block counter of RFC 5869 section 2.3 is one byte. */
const MAX_BLOCKS = 255;

const NO_INFO = new Uint8Array(0);

/** HKDF-SHA-256, RFC 5869: extract with `salt` (may be empty), then expand to `lengthBytes`. */
export const hkdf = (
  crypto: SymmetricPrimitives,
  salt: Uint8Array,
  inputKeyMaterial: Uint8Array,
  info: Uint8Array,
  lengthBytes: number,
): Uint8Array => {
  const blocks = Math.ceil(lengthBytes / HASH_BYTES);
  if (!Number.isSafeInteger(lengthBytes) || blocks < 1 || blocks > MAX_BLOCKS) {
    throw new MasqError("MASQ_INTERNAL", `HKDF cannot derive ${lengthBytes} bytes.`);
  }
  const pseudoRandomKey = crypto.hmacSha256(salt, inputKeyMaterial);
  const output = new Uint8Array(blocks * HASH_BYTES);
  // T(i) = HMAC(PRK, T(i-1) | info | i), where T(0) is empty: the first input starts at `info`.
  const input = new Uint8Array(HASH_BYTES + info.length + 1);
  input.set(info, HASH_BYTES);
  for (let block = 0; block < blocks; block++) {
    input[input.length - 1] = block + 1;
    const previous = crypto.hmacSha256(
      pseudoRandomKey,
      block === 0 ? input.subarray(HASH_BYTES) : input,
    );
    output.set(previous, block * HASH_BYTES);
    input.set(previous);
  }
  pseudoRandomKey.fill(0);
  input.fill(0);
  const key = copyBytes(output.subarray(0, lengthBytes));
  output.fill(0);
  return key;
};

/**
 * HKDF(chaining_key, input_key_material, num_outputs) of Noise section 4.3: two or three outputs of
 * HASHLEN bytes. It equals RFC 5869 with the chaining key as salt and no info.
 */
export function noiseHkdf(
  crypto: SymmetricPrimitives,
  chainingKey: Uint8Array,
  inputKeyMaterial: Uint8Array,
  outputs: 2,
): [Uint8Array, Uint8Array];
export function noiseHkdf(
  crypto: SymmetricPrimitives,
  chainingKey: Uint8Array,
  inputKeyMaterial: Uint8Array,
  outputs: 3,
): [Uint8Array, Uint8Array, Uint8Array];
export function noiseHkdf(
  crypto: SymmetricPrimitives,
  chainingKey: Uint8Array,
  inputKeyMaterial: Uint8Array,
  outputs: 2 | 3,
): Uint8Array[] {
  const all = hkdf(crypto, chainingKey, inputKeyMaterial, NO_INFO, outputs * HASH_BYTES);
  const parts = Array.from({ length: outputs }, (_, index) =>
    copyBytes(all.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)),
  );
  all.fill(0);
  return parts;
}
