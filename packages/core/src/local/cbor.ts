/** CBOR (RFC 8949) for messages: no tags; a message is a CBOR sequence (RFC 8742). */
import { encode } from "cborg";
import { decodeSequence, type CborOptions } from "../bytes/cbor.ts";
import { MasqError } from "../errors.ts";

const options: CborOptions = {
  allowBigInt: false,
  allowInfinity: false,
  allowNaN: false,
};

export const encodeItem = (item: unknown): Uint8Array =>
  encode(item, { ignoreUndefinedProperties: true });

/** Every item of a sequence. Throws MASQ_MESSAGE_INVALID when any of them is malformed. */
export const decodeItems = (sequence: Uint8Array): unknown[] => {
  try {
    return decodeSequence(sequence, options);
  } catch (error) {
    throw new MasqError("MASQ_MESSAGE_INVALID", "A message is not well-formed CBOR.", {
      cause: error,
    });
  }
};
