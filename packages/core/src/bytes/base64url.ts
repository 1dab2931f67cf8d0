/** base64url without padding (RFC 4648, section 5), in its only form. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const valueByDigit: ReadonlyMap<string, number> = new Map(
  Array.from(ALPHABET, (digit, value) => [digit, value]),
);

export const toBase64Url = (bytes: Uint8Array): string => {
  let text = "";
  for (let start = 0; start < bytes.length; start += 3) {
    const [a, b = 0, c = 0] = bytes.subarray(start, start + 3) as Uint8Array & [number];
    const group = (a << 16) | (b << 8) | c;
    const digits = Math.min(bytes.length - start, 3) + 1;
    for (let index = 0; index < digits; index += 1)
      text += ALPHABET[(group >>> (18 - 6 * index)) & 63];
  }
  return text;
};

/** Undefined for what `toBase64Url` does not give. */
export const fromBase64Url = (text: string): Uint8Array | undefined => {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let buffer = 0;
  let bits = 0;
  let length = 0;
  for (const digit of text) {
    const value = valueByDigit.get(digit);
    if (value === undefined) return undefined;
    buffer = ((buffer << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length] = (buffer >>> bits) & 0xff;
    length += 1;
  }
  const isOnlyForm = text.length % 4 !== 1 && (buffer & ((1 << bits) - 1)) === 0;
  return isOnlyForm ? bytes : undefined;
};
