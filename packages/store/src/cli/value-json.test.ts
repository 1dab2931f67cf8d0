import { decodeValue, encodeValue } from "@masq/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { harmless, parseValue, valueText } from "./value-json.ts";

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double(),
  fc.constantFrom(-0, Number.NaN, Infinity, -Infinity),
  fc.integer(),
  fc.bigInt(),
  fc.string({ unit: "grapheme" }),
  fc.uint8Array({ maxLength: 64 }),
  fc.date(),
);
const name = fc.oneof(
  fc.string(),
  fc.constantFrom("$", "$bytes", "$date", "$bigint", "$number", "$object", "$mine", "__proto__"),
);
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(name, tie("value")), { selector: ([key]) => key, maxLength: 3 })
      .map(Object.fromEntries),
  ),
})).value;

describe("a value as JSON", () => {
  it("comes back as it was, whatever it is", () => {
    fc.assert(
      fc.property(value, (original) => {
        const text = valueText(original);
        expect(text).not.toContain("\n");
        expect(parseValue(text)).toStrictEqual(original);
        expect(parseValue(valueText(original, 2))).toStrictEqual(original);
      }),
    );
  });

  it("comes back with the same bytes as the store keeps", () => {
    const original = {
      bytes: Uint8Array.of(0, 255),
      date: new Date(1_769_860_800_123),
      big: 2n ** 80n,
      odd: [Number.NaN, Infinity, -Infinity],
      own: { $bytes: "mine" },
    };
    const kept = encodeValue(original);
    expect(encodeValue(parseValue(valueText(decodeValue(kept))))).toEqual(kept);
  });

  it("is written as documented", () => {
    expect(valueText(Uint8Array.of(104, 105))).toBe('{"$bytes":"aGk="}');
    expect(valueText(new Date(0))).toBe('{"$date":"1970-01-01T00:00:00.000Z"}');
    expect(valueText(12n)).toBe('{"$bigint":"12"}');
    expect(valueText(Number.NaN)).toBe('{"$number":"NaN"}');
    expect(valueText({ $a: 1 })).toBe('{"$object":{"$a":1}}');
    expect(valueText({ $a: 1, $b: 2 })).toBe('{"$a":1,"$b":2}');
    expect(valueText(new Date(Number.NaN))).toBe('{"$date":null}');
  });

  it.each([
    "hello",
    '{"$foo":1}',
    '{"$bytes":"a"}',
    '{"$bytes":"aGk"}',
    '{"$bytes":1}',
    '{"$date":"yesterday"}',
    '{"$date":"2026-01-01T00:00:00"}',
    '{"$date":"2026-13-01"}',
    '{"$bigint":"1.5"}',
    '{"$bigint":12}',
    '{"$number":"1"}',
    '{"$object":[]}',
  ])("is refused when it is wrong: %s", (text) => {
    expect(() => parseValue(text)).toThrow(expect.objectContaining({ code: "MASQ_VALUE_INVALID" }));
  });

  it.each([
    "12345678901234567890",
    "-9007199254740993",
    '{"a":[1,{"b":9007199254740993}]}',
    "1e400",
    "-1e400",
    "1e-400",
    `1${"0".repeat(100_000)}`,
  ])("is refused when a number in it would be changed: %.40s", (text) => {
    expect(() => parseValue(text)).toThrow(
      expect.objectContaining({
        code: "MASQ_VALUE_INVALID",
        message: expect.stringContaining('is written {"$bigint":"…"}') as string,
      }),
    );
  });

  it.each([
    ["9007199254740992", 2 ** 53],
    ["1180591620717411303424", 2 ** 70],
    ["0.10000000000000000555", 0.1],
    ["0.000e5", 0],
    ["-0", -0],
    ["1E2", 100],
  ])("may hold any number that stays the same: %s", (text, number) => {
    expect(parseValue(text)).toBe(number);
  });

  it("may hold every number as it is written out", () => {
    const large = fc.double({ noNaN: true, noDefaultInfinity: true, min: 2 ** 50, max: 2 ** 80 });
    fc.assert(
      fc.property(large, (number) => {
        expect(parseValue(valueText(number))).toBe(number);
      }),
    );
  });

  it("cannot take over a terminal", () => {
    const text = "\u001b[2J\u009b31m\u202eevil\u2028";
    expect(harmless(text)).toBe("\\u001b[2J\\u009b31m\\u202eevil\\u2028");
    expect(valueText(text)).toBe(JSON.stringify(harmless(text)).replaceAll("\\\\", "\\"));
    expect(parseValue(valueText(text))).toBe(text);
  });
});
