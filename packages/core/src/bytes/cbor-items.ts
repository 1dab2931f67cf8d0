/**
 * The few kinds of CBOR (RFC 8949) that messages between devices are made of: unsigned integers up to 2^53 - 1, texts,
 * byte strings, arrays, false, true and null, all of definite length. A library for all of CBOR spends most of its time
 * on making objects of what is here a few bytes, and a first synchronisation is made of millions of them.
 */
import { fromUtf8, utf8 } from "./bytes.ts";

export type Item = number | string | boolean | null | Uint8Array | readonly Item[];

const UINT = 0;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;

const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;

/** Arrays within one another: more than any message has. */
const MAX_DEPTH = 8;
/** Longer texts are not worth going through letter by letter. */
const SHORT_TEXT = 64;
const FIRST_ROOM = 1024;
const MAX_HEAD_BYTES = 9;
const TWO_32 = 2 ** 32;

class Writer {
  #bytes = new Uint8Array(FIRST_ROOM);
  #offset = 0;

  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#offset);
  }

  item(item: Item): void {
    if (typeof item === "number") this.#head(UINT, item);
    else if (typeof item === "string") this.#text(item);
    else if (item instanceof Uint8Array) this.#append(BYTES, item);
    else if (item === null) this.#byte(NULL);
    else if (typeof item === "boolean") this.#byte(item ? TRUE : FALSE);
    else {
      this.#head(ARRAY, item.length);
      for (const one of item) this.item(one);
    }
  }

  #text(text: string): void {
    if (text.length > SHORT_TEXT) return this.#append(TEXT, utf8(text));
    const start = this.#offset;
    this.#head(TEXT, text.length);
    this.#reserve(SHORT_TEXT);
    const bytes = this.#bytes;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) {
        this.#offset = start;
        return this.#append(TEXT, utf8(text));
      }
      bytes[this.#offset + index] = unit;
    }
    this.#offset += text.length;
  }

  #append(major: number, bytes: Uint8Array): void {
    this.#head(major, bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#offset);
    this.#offset += bytes.length;
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#offset] = byte;
    this.#offset += 1;
  }

  /** In the shortest form. */
  #head(major: number, value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError("no unsigned integer");
    this.#reserve(MAX_HEAD_BYTES);
    const bytes = this.#bytes;
    const type = major << 5;
    let width = 0;
    if (value < 24) {
      bytes[this.#offset] = type | value;
    } else if (value < 0x100) {
      bytes[this.#offset] = type | 24;
      width = 1;
    } else if (value < 0x1_0000) {
      bytes[this.#offset] = type | 25;
      width = 2;
    } else if (value < TWO_32) {
      bytes[this.#offset] = type | 26;
      width = 4;
    } else {
      bytes[this.#offset] = type | 27;
      width = 8;
    }
    let rest = value;
    for (let index = width; index > 0; index -= 1) {
      bytes[this.#offset + index] = rest % 0x100;
      rest = Math.floor(rest / 0x100);
    }
    this.#offset += 1 + width;
  }

  #reserve(more: number): void {
    const needed = this.#offset + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  item(depth: number): Item {
    const head = this.#byte();
    if (head === FALSE) return false;
    if (head === TRUE) return true;
    if (head === NULL) return null;
    const value = this.#argument(head & 31);
    switch (head >> 5) {
      case UINT:
        return value;
      case BYTES:
        // A copy: what is kept of a message must not keep all of it.
        return new Uint8Array(this.#take(value));
      case TEXT:
        return textOf(this.#take(value));
      case ARRAY:
        return this.#array(value, depth);
      default:
        return refuse("another kind of item");
    }
  }

  #array(length: number, depth: number): Item[] {
    if (depth === MAX_DEPTH) refuse("nested too deep");
    // Before there is room made for them: each takes at least a byte.
    if (length > this.#bytes.length - this.#offset) refuse("cut off");
    const items: Item[] = [];
    for (let index = 0; index < length; index += 1) items.push(this.item(depth + 1));
    return items;
  }

  #argument(information: number): number {
    if (information < 24) return information;
    if (information > 27) return refuse("another kind of length");
    let value = 0;
    for (let left = 1 << (information - 24); left > 0; left -= 1) {
      value = value * 0x100 + this.#byte();
    }
    return Number.isSafeInteger(value) ? value : refuse("too large an integer");
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    this.#offset += 1;
    return byte ?? refuse("cut off");
  }

  #take(length: number): Uint8Array {
    const start = this.#offset;
    if (length > this.#bytes.length - start) refuse("cut off");
    this.#offset = start + length;
    return this.#bytes.subarray(start, this.#offset);
  }
}

const refuse = (what: string): never => {
  throw new TypeError(what);
};

const textOf = (bytes: Uint8Array): string => {
  if (bytes.length > SHORT_TEXT) return fromUtf8(bytes);
  for (const byte of bytes) if (byte >= 0x80) return fromUtf8(bytes);
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
};

/** Throws a RangeError for a number that is no unsigned integer of at most 53 bits. Texts must be well formed. */
export const encodeItem = (item: Item): Uint8Array => {
  const writer = new Writer();
  writer.item(item);
  return writer.written;
};

/** The items that follow one another in the bytes (RFC 8742). Throws a TypeError when they hold anything else. */
export const decodeItems = (bytes: Uint8Array): Item[] => {
  const reader = new Reader(bytes);
  const items: Item[] = [];
  while (!reader.isAtEnd) items.push(reader.item(0));
  return items;
};
