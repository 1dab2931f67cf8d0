/** Keys of entries: UTF-8 text of 1 to 1024 bytes, ordered by those bytes everywhere. */
import { MasqError } from "../errors.ts";

export const MAX_KEY_BYTES = 1024;

/** Bytes of UTF-8 that a well-formed text takes. */
export const utf8Length = (text: string): number => {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // The two halves of a surrogate pair take 4 bytes together.
    if (unit >= 0x80) length += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
};

/** What a key and its value take: limits, pages and totals all count so. */
export const dataBytes = (item: {
  readonly key: string;
  readonly value: Uint8Array | null;
}): number => utf8Length(item.key) + (item.value?.length ?? 0);

/** Throws MASQ_KEY_INVALID unless `key` is a string that can be stored. */
export function checkKey(key: unknown): asserts key is string {
  if (typeof key !== "string" || key.length === 0) {
    throw new MasqError("MASQ_KEY_INVALID", "A key is a string of at least one character.");
  }
  if (!key.isWellFormed()) {
    throw new MasqError(
      "MASQ_KEY_INVALID",
      "The key holds half of a surrogate pair, so it has no UTF-8 form.",
    );
  }
  // A UTF-16 unit takes at most 3 bytes of UTF-8: most keys need no counting.
  if (key.length * 3 > MAX_KEY_BYTES && utf8Length(key) > MAX_KEY_BYTES) {
    throw new MasqError(
      "MASQ_KEY_INVALID",
      `A key may take at most ${MAX_KEY_BYTES} bytes of UTF-8.`,
    );
  }
}
