/** Keys of entries: UTF-8 text of 1 to 1024 bytes, ordered by those bytes everywhere. */
import { utf8 } from "../bytes/bytes.ts";
import { MasqError } from "../errors.ts";

export const MAX_KEY_BYTES = 1024;

/** Throws MASQ_KEY_INVALID unless `key` is a string that can be stored. */
export function checkKey(key: unknown): asserts key is string {
  if (typeof key !== "string" || key.length === 0) {
    throw new MasqError("MASQ_KEY_INVALID", "A key is a string of at least one character.");
  }
  if (!key.isWellFormed()) {
    throw new MasqError("MASQ_KEY_INVALID", "The key holds half of a surrogate pair, so it has no UTF-8 form.");
  }
  // A UTF-16 unit takes at most 3 bytes of UTF-8: most keys need no counting.
  if (key.length * 3 > MAX_KEY_BYTES && utf8(key).length > MAX_KEY_BYTES) {
    throw new MasqError("MASQ_KEY_INVALID", `A key may take at most ${MAX_KEY_BYTES} bytes of UTF-8.`);
  }
}
