/** Unsigned integers up to 2^53 - 1 in 7-bit groups, least significant first (LEB128). */

const MAX_VARINT_BYTES = 8;

/** Appends `value` to `out`. */
export const pushVarint = (out: number[], value: number): void => {
  let rest = value;
  while (rest >= 0x80) {
    out.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out.push(rest);
};

/** The number at `offset` and where the next thing begins; undefined when it is cut, too large or not minimal. */
export const readVarint = (
  bytes: Uint8Array,
  offset: number,
): { readonly value: number; readonly end: number } | undefined => {
  let value = 0;
  let scale = 1;
  // Eight groups hold 2^53 - 1; without this bound a long run of empty groups would end in a number that is none.
  const last = Math.min(bytes.length, offset + MAX_VARINT_BYTES);
  for (let end = offset; end < last; scale *= 0x80) {
    const byte = bytes[end] as number;
    end += 1;
    value += (byte % 0x80) * scale;
    if (value > Number.MAX_SAFE_INTEGER) return undefined;
    if (byte < 0x80) return byte === 0 && scale > 1 ? undefined : { value, end };
  }
  return undefined;
};
