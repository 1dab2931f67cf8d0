/**
 * CBOR (RFC 8949) as Masq reads it: definite lengths, text that is valid UTF-8 and comes out unchanged, no duplicate
 * map keys. The library alone would replace invalid UTF-8 by U+FFFD and drop a leading U+FEFF, so that a key or value
 * could come back as another one.
 */
import { Tokenizer, tokensToObject, Type, type DecodeOptions, type Token } from "cborg";
import { fromUtf8 } from "./bytes.ts";

export type CborOptions = Pick<
  DecodeOptions,
  "tags" | "allowBigInt" | "allowInfinity" | "allowNaN"
>;

const STRICT: DecodeOptions = {
  allowIndefinite: false,
  allowUndefined: false,
  rejectDuplicateMapKeys: true,
};

/** Bytes of a text's head by its additional information (RFC 8949, section 3). */
const headBytes = (information: number): number =>
  information < 24 ? 1 : 1 + 2 ** (information - 24);

/**
 * Arrays, maps and tags within one another. Far more than anybody needs, and far less than what exhausts the stack of a
 * reader, which is another size on every platform.
 */
const MAX_DEPTH = 256;

class StrictTokenizer extends Tokenizer {
  /** Items still to come at each level that is open. */
  readonly #open: number[] = [];

  override next(): Token {
    const start = this.pos();
    const token = super.next() as Token & { value: unknown };
    this.#count(token);
    if (token.type === Type.string) {
      const from = start + headBytes((this.data[start] as number) & 31);
      const text = token.value as string;
      // ASCII has as many characters as bytes; whatever else is there is read again, strictly.
      const isAscii = text.length === this.pos() - from && !text.includes("\uFFFD");
      if (!isAscii) token.value = fromUtf8(this.data.subarray(from, this.pos()));
    }
    return token;
  }

  #count({ type, value }: { readonly type: Type; readonly value: unknown }): void {
    const open = this.#open;
    if (open.length > 0) open[open.length - 1] = (open.at(-1) as number) - 1;
    if (type === Type.array) open.push(value as number);
    else if (type === Type.map) open.push(2 * (value as number));
    else if (type === Type.tag) open.push(1);
    while (open.at(-1) === 0) open.pop();
    if (open.length > MAX_DEPTH) throw new RangeError("nested too deep");
  }
}

/** Every item of a CBOR sequence (RFC 8742). Throws an error of any kind when one of them is malformed. */
export const decodeSequence = (bytes: Uint8Array, options: CborOptions): unknown[] => {
  const all: DecodeOptions = { ...STRICT, ...options };
  // On Node a socket hands over Buffers, and the library would cut Buffers from them: never plain, and sharing their memory.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tokenizer = new StrictTokenizer(plain, all);
  const items: unknown[] = [];
  while (!tokenizer.done()) {
    const item: unknown = tokensToObject(tokenizer, all);
    if (typeof item === "symbol") throw new TypeError("a break outside of an item");
    items.push(item);
  }
  return items;
};

/** The one item the bytes hold. Throws an error of any kind when they hold anything else. */
export const decodeOne = (bytes: Uint8Array, options: CborOptions): unknown => {
  const items = decodeSequence(bytes, options);
  if (items.length !== 1) throw new TypeError("not exactly one item");
  return items[0];
};
