import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes, utf8 } from "../bytes/bytes.ts";
import type { KeyRange } from "../storage.ts";
import { bruteForce } from "../testing/data-range-cases.ts";
import { throwsCode } from "../testing/expect.ts";
import { keyRange } from "./key-range.ts";

/** Few letters, so that keys are often prefixes of each other; the last ones sort differently as UTF-16. */
const key = fc
  .array(
    fc.constantFrom(
      "\u0000",
      "a",
      "b",
      "\u007f",
      "\u0080",
      "\u07ff",
      "\ud7ff",
      "\ue000",
      "\uffff",
      "\u{10000}",
      "\u{10ffff}",
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((letters) => letters.join(""));

const range = fc.record(
  { prefix: fc.oneof(key, fc.constant("")), gt: key, gte: key, lt: key, lte: key },
  { requiredKeys: [] },
);

const isWithin = (text: string, { lower, upper }: KeyRange): boolean => {
  const bytes = utf8(text);
  const above = lower === undefined ? 1 : compareBytes(bytes, lower.key);
  const below = upper === undefined ? -1 : compareBytes(bytes, upper.key);
  return (
    (above > 0 || (above === 0 && lower?.inclusive === true)) &&
    (below < 0 || (below === 0 && upper?.inclusive === true))
  );
};

describe("key ranges", () => {
  it("hold exactly the keys that a look at every key finds", () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 25 }), range, (keys, options) => {
        const expected = new Set(bruteForce(keys, options));
        const bytes = keyRange(options);
        expect(new Set(keys.filter((text) => isWithin(text, bytes)))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("take every bound that could be a key, and an empty prefix for everything", () => {
    expect(keyRange({})).toEqual({});
    expect(keyRange({ prefix: "" })).toEqual({});
    expect(keyRange({ prefix: undefined, gt: undefined })).toEqual({});
    expect(keyRange({ prefix: "\u{10ffff}".repeat(256) }).upper?.key.length).toBeLessThanOrEqual(
      1024,
    );
  });

  it("refuse a bound that could not be a key", () => {
    for (const bound of ["\ud800", "x".repeat(1025), 5, null, {}]) {
      for (const name of ["prefix", "gt", "gte", "lt", "lte"]) {
        throwsCode(() => keyRange({ [name]: bound }), "MASQ_RANGE_INVALID");
      }
    }
    for (const name of ["gt", "gte", "lt", "lte"]) {
      throwsCode(() => keyRange({ [name]: "" }), "MASQ_RANGE_INVALID");
    }
  });
});
