import { decode, encode } from "cborg";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "./bytes.ts";
import { decodeItems, encodeItem, type Item } from "./cbor-items.ts";

const leaf = fc.oneof(
  fc.maxSafeNat(),
  fc.nat({ max: 70_000 }),
  fc.string({ maxLength: 100, unit: "grapheme" }).filter((text) => text.isWellFormed()),
  fc.string({ maxLength: 100, unit: "grapheme-ascii" }),
  fc.uint8Array({ maxLength: 300 }),
  fc.boolean(),
  fc.constant(null),
);
const { item } = fc.letrec<{ item: Item; list: Item[] }>((tie) => ({
  item: fc.oneof({ depthSize: "small", maxDepth: 7 }, leaf, tie("list")),
  list: fc.array(tie("item"), { maxLength: 30 }),
}));

describe("the CBOR of messages between devices", () => {
  it("is what a library for all of CBOR writes and reads", () => {
    fc.assert(
      fc.property(item, (one) => {
        const bytes = encodeItem(one);
        expect(bytes).toEqual(new Uint8Array(encode(one)));
        expect(decodeItems(bytes)).toEqual([decode(bytes)]);
      }),
    );
  });

  it("comes back, one after the other", () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 4 }), (items) => {
        const bytes = items.flatMap((one) => [...encodeItem(one)]);
        expect(decodeItems(Uint8Array.from(bytes))).toEqual(items);
      }),
    );
  });

  it("is refused when it is cut off", () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1 }), fc.nat(), (items, at) => {
        const bytes = encodeItem(items);
        const cut = bytes.subarray(0, 1 + (at % (bytes.length - 1)));
        fc.pre(cut.length < bytes.length);
        expect(() => decodeItems(cut)).toThrow(TypeError);
      }),
    );
  });

  it.each([
    ["a negative integer", [0x20]],
    ["a map", [0xa0]],
    ["a tag", [0xc0, 0x00]],
    ["undefined", [0xf7]],
    ["a float", [0xf9, 0x3c, 0x00]],
    ["a simple value in two bytes", [0xf8, 0xff]],
    ["an array of indefinite length", [0x9f, 0xff]],
    ["a text of indefinite length", [0x7f, 0xff]],
    ["an integer beyond 53 bits", [0x1b, 0x00, 0x20, 0, 0, 0, 0, 0, 0]],
    ["an array longer than what follows", [0x9b, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ["bytes longer than what follows", [0x5b, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ["text that is not UTF-8", [0x61, 0xff]],
    ["arrays nested too deep", [...Array.from({ length: 9 }, () => 0x81), 0x00]],
  ])("refuses %s", (_, bytes) => {
    expect(() => decodeItems(Uint8Array.from(bytes))).toThrow(TypeError);
  });

  it("keeps a byte order mark and NUL, and reads what it is given as bytes of its own", () => {
    const text = "\uFEFFa\u0000b";
    const bytes = Buffer.from(encodeItem([text, utf8(text)]));
    const [[read, copy]] = decodeItems(bytes) as [[string, Uint8Array]];
    bytes.fill(0);
    expect(read).toBe(text);
    expect(copy).toEqual(utf8(text));
    expect(copy.constructor).toBe(Uint8Array);
  });

  it("has no form for what is no unsigned integer", () => {
    for (const number of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(() => encodeItem(number)).toThrow(RangeError);
    }
  });
});
