/**
 * Values of entries as CBOR (RFC 8949): null, booleans, numbers, bigint, strings, Uint8Array, Date,
 * arrays and plain objects with string keys. docs/protocol.md, "Values".
 */
import { encode, Token, Type, type EncodeOptions, type TagDecoder } from "cborg";
import {
  TAG_BIGINT_NEG,
  TAG_BIGINT_POS,
  TAG_DATE_EPOCH,
  bigIntDecoder,
  bigNegIntDecoder,
  dateEncoder,
  structBigIntEncoder,
} from "cborg/taglib";
import { decodeOne, type CborOptions } from "../bytes/cbor.ts";
import { MasqError } from "../errors.ts";

export const MAX_VALUE_BYTES: number = 1024 * 1024;
/** Decoding a bignum costs the square of its length: a hostile value must not be able to stall a reader. */
const MAX_BIGNUM_BYTES = 1024;

/** Seconds as a double hold every millisecond a Date can, but only rounding finds it again, and only without the whole seconds. */
const dateDecoder: TagDecoder = (content) => {
  const seconds = content();
  if (typeof seconds !== "number") throw new TypeError("a date is a number of seconds");
  const whole = Math.trunc(seconds);
  return new Date(whole * 1000 + Math.round((seconds - whole) * 1000));
};

const BIGINT_LIMIT = 1n << BigInt(MAX_BIGNUM_BYTES * 8);

/** What could not be read again must not be written. */
const boundedBigint = (value: bigint): ReturnType<typeof structBigIntEncoder> => {
  if (value >= BIGINT_LIMIT || value < -BIGINT_LIMIT) throw new RangeError("bigint out of bounds");
  return structBigIntEncoder(value);
};

/**
 * What would come back as something else: said when it is put, not found out when it is read. Bytes in another guise would
 * be a Uint8Array then, a Map an object. The library itself refuses all other types.
 */
const REFUSED =
  "undefined Map ArrayBuffer DataView Uint8ClampedArray Int8Array Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array";

const refuse = (): never => {
  throw new TypeError("not a value type of Masq");
};

/** Half of a surrogate pair has no UTF-8 form and would come back as another character. */
const wellFormed = (text: string): null => {
  if (!text.isWellFormed()) throw new TypeError("text with half of a surrogate pair");
  return null;
};

/** As an integer it would lose its sign. */
const signedZero = (value: number): Token | null =>
  Object.is(value, -0) ? new Token(Type.float, value) : null;

/** Of a class only the fields would come back, if any. The prototype of plain objects is nobody's heir, in any window. */
const plainObject = (value: object): null => {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw new TypeError("an object of a class");
  return null;
};

const encodeOptions: EncodeOptions = {
  ignoreUndefinedProperties: true,
  // Properties come back in the order they were put in, as with JSON.
  mapSorter: () => 0,
  typeEncoders: {
    ...Object.fromEntries(REFUSED.split(" ").map((name) => [name, refuse])),
    bigint: boundedBigint,
    Date: dateEncoder,
    number: signedZero,
    Object: plainObject,
    string: wellFormed,
  },
};

const boundedBignum =
  (decoder: TagDecoder): TagDecoder =>
  (content) => {
    const bytes = content();
    if (!(bytes instanceof Uint8Array) || bytes.length > MAX_BIGNUM_BYTES) {
      throw new RangeError("bignum out of bounds");
    }
    const replay = Object.assign(() => bytes, { entries: () => content.entries() });
    return decoder(replay);
  };

const decodeOptions: CborOptions = {
  tags: {
    [TAG_DATE_EPOCH]: dateDecoder,
    [TAG_BIGINT_POS]: boundedBignum(bigIntDecoder),
    [TAG_BIGINT_NEG]: boundedBignum(bigNegIntDecoder),
  },
};

export function checkValueSize(bytes: Uint8Array): void {
  if (bytes.length > MAX_VALUE_BYTES) {
    throw new MasqError(
      "MASQ_VALUE_TOO_LARGE",
      `A value may take at most ${MAX_VALUE_BYTES} bytes encoded; nothing was written. Split it over several keys.`,
    );
  }
}

const MAX_PLACE_LENGTH = 100;
/** Each step encodes what lies below once more. */
const MAX_PLACE_STEPS = 16;

const isRefused = (value: unknown): boolean => {
  try {
    encode(value, encodeOptions);
    return false;
  } catch {
    return true;
  }
};

/** Where in a refused value the cause is, as JavaScript would name it; of what lies deep, or is a cycle, the beginning. */
const placeOfFault = (value: unknown, place: string, steps = MAX_PLACE_STEPS): string => {
  const isList = Array.isArray(value);
  // A text has its letters as properties.
  const parts = steps > 0 && typeof value === "object" ? Object.entries(value ?? {}) : [];
  for (const [name, part] of parts) {
    // As it stands there: as a property undefined is left out.
    if (isRefused(isList ? [part] : { part }))
      return placeOfFault(part, place + (isList ? `[${name}]` : `.${name}`), steps - 1);
  }
  return place.slice(0, MAX_PLACE_LENGTH);
};

/** Throws MASQ_VALUE_INVALID or MASQ_VALUE_TOO_LARGE. */
export const encodeValue = (value: unknown): Uint8Array => {
  let bytes: Uint8Array;
  try {
    bytes = encode(value, encodeOptions);
  } catch (error) {
    throw new MasqError(
      "MASQ_VALUE_INVALID",
      `A value is made of null, booleans, numbers, bigint, strings, Uint8Array, Date, arrays and plain objects, which ${placeOfFault(value, "value")} is not; nothing was written.`,
      { cause: error },
    );
  }
  checkValueSize(bytes);
  return bytes;
};

/** Throws MASQ_VALUE_INVALID when the bytes are not one well-formed value. */
export const decodeValue = (bytes: Uint8Array): unknown => {
  try {
    return decodeOne(bytes, decodeOptions);
  } catch (error) {
    throw new MasqError("MASQ_VALUE_INVALID", "The bytes are not a value that Masq can hold.", {
      cause: error,
    });
  }
};
