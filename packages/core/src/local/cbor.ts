/** CBOR (RFC 8949) for messages: definite lengths only, no tags, no duplicate keys; a message is a CBOR sequence (RFC 8742). */
import { decodeFirst, encode, type DecodeOptions } from "cborg";
import { MasqError } from "../errors.ts";

const options: DecodeOptions = {
  allowIndefinite: false,
  allowUndefined: false,
  allowBigInt: false,
  allowInfinity: false,
  allowNaN: false,
  rejectDuplicateMapKeys: true,
};

export const encodeItem = (item: unknown): Uint8Array =>
  encode(item, { ignoreUndefinedProperties: true });

/** Every item of a sequence. Throws MASQ_MESSAGE_INVALID when any of them is malformed. */
export const decodeItems = (sequence: Uint8Array): unknown[] => {
  const items: unknown[] = [];
  let rest = sequence;
  try {
    while (rest.length > 0) {
      const [item, remainder] = decodeFirst(rest, options);
      items.push(item);
      rest = remainder;
    }
  } catch (error) {
    throw new MasqError("MASQ_MESSAGE_INVALID", "A message is not well-formed CBOR.", { cause: error });
  }
  return items;
};
