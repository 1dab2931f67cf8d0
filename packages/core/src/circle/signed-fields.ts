/** What records and operations share on their way in: `[bytes, signature]`, the bytes a CBOR array of a known format. */
import { decodeOne } from "../bytes/cbor.ts";
import { ED25519_SIGNATURE_BYTES } from "../crypto/peer-primitives.ts";

/** As records and operations travel and are kept. */
export type SignedItem = readonly [bytes: Uint8Array, signature: Uint8Array];

export interface SignedFields {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  /** The array behind its format number. */
  readonly fields: readonly unknown[];
}

export interface Expected {
  readonly maxBytes: number;
  readonly format: number;
  /** Fields behind the format number. */
  readonly count: number;
  /** Throws, with what is wrong. */
  readonly invalid: (what: string) => never;
}

/** Checks form and sizes alone: whose signature it is, is for the caller to say. */
export const readSignedFields = (
  signed: unknown,
  { maxBytes, format, count, invalid }: Expected,
): SignedFields => {
  const [bytes, signature] = Array.isArray(signed) ? (signed as unknown[]) : [];
  if (!(bytes instanceof Uint8Array) || bytes.length > maxBytes) return invalid("its size");
  if (!(signature instanceof Uint8Array) || signature.length !== ED25519_SIGNATURE_BYTES) {
    return invalid("its signature");
  }
  let decoded: unknown;
  try {
    decoded = decodeOne(bytes, {});
  } catch {
    return invalid("no CBOR");
  }
  if (!Array.isArray(decoded) || decoded.length !== count + 1 || decoded[0] !== format) {
    return invalid("its format");
  }
  return { bytes, signature, fields: (decoded as unknown[]).slice(1) };
};
