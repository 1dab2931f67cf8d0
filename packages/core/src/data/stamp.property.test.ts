import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MasqError } from "../errors.ts";
import type { ReplicaId } from "./ids.ts";
import type { CausalContext } from "./causal-context.ts";
import { decodeStamp, encodeStamp, stampHlc, type Stamp } from "./stamp.ts";

const whole = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat());
const replica = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString("hex") as ReplicaId);
/** A vector, and some of the dots it covers as exceptions, in order. */
const context: fc.Arbitrary<CausalContext> = fc
  .array(
    fc.tuple(
      replica,
      whole.map((value) => Math.max(1, value)),
      fc.boolean(),
    ),
    { maxLength: 5 },
  )
  .map((entries) => {
    const vector = new Map(entries.map(([id, counter]) => [id, counter]));
    const except = [...vector]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .filter(([id]) => entries.some(([other, , isExcepted]) => other === id && isExcepted))
      .map(([id, counter]) => ({ replica: id, counter }));
    return { vector, except };
  });
const stamp: fc.Arbitrary<Stamp> = fc.record({
  hlc: fc.record({
    wall: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    tick: fc.integer({ min: 0, max: 65_535 }),
  }),
  index: whole,
  context,
});

/** The stamp, or undefined when it was refused as it should be. */
const tryDecode = (bytes: Uint8Array): Stamp | undefined => {
  try {
    return decodeStamp(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(MasqError);
    expect((error as MasqError).code).toBe("MASQ_MESSAGE_INVALID");
    return undefined;
  }
};

/** Refused, or a stamp of which these bytes are the only form. */
const requireSound = (bytes: Uint8Array): void => {
  const decoded = tryDecode(bytes);
  if (decoded !== undefined) expect(encodeStamp(decoded)).toEqual(new Uint8Array(bytes));
};

describe("stamps", () => {
  it("come back as they were, whatever the order of the context", () => {
    fc.assert(
      fc.property(stamp, (original) => {
        const bytes = encodeStamp(original);
        expect(decodeStamp(bytes)).toEqual(original);
        expect(stampHlc(bytes)).toEqual(original.hlc);
        const { vector, except } = original.context;
        const turnedContext = {
          vector: new Map([...vector].toReversed()),
          except: except.toReversed(),
        };
        const turned = { ...original, context: turnedContext };
        expect(encodeStamp(turned)).toEqual(bytes);
      }),
    );
  });

  it("with a changed, missing or added byte are refused or are another stamp in its only form", () => {
    fc.assert(
      fc.property(stamp, fc.nat(), fc.integer({ min: 1, max: 255 }), (original, at, change) => {
        const bytes = encodeStamp(original);
        const place = at % bytes.length;
        const mutated = bytes.slice();
        mutated[place] = (mutated[place] as number) ^ change;
        requireSound(mutated);
        requireSound(bytes.subarray(0, place));
        requireSound(bytes.subarray(place));
        requireSound(Uint8Array.of(...bytes, change));
        requireSound(Uint8Array.of(...bytes, ...bytes.subarray(8)));
      }),
      { numRuns: 500 },
    );
  });

  it("of arbitrary bytes are refused or sound", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), requireSound));
  });

  it("never hold a number that is none, however long it is written", () => {
    const head = [0, 0, 0, 0, 0, 0, 0, 0];
    for (const length of [7, 8, 9, 146, 147, 148, 149, 200, 2000]) {
      const long = [...Array.from({ length }, () => 0x80), 1];
      requireSound(Uint8Array.of(...head, ...long));
      requireSound(Uint8Array.of(...head, 0, 1, 2, 3, 4, 5, 6, 7, 8, ...long));
      expect(tryDecode(Uint8Array.of(...head, ...long)) === undefined || length < 8).toBe(true);
    }
  });

  it("are refused when the context is not sorted, repeats itself, counts from nothing or excepts what it does not cover", () => {
    const bytes = (...parts: number[]): Uint8Array =>
      Uint8Array.of(...Array.from({ length: 8 }, () => 1), 0, ...parts);
    const id = (byte: number): number[] => Array.from({ length: 8 }, () => byte);
    expect(tryDecode(bytes(2, ...id(1), 5, ...id(2), 5))?.context.vector.size).toBe(2);
    expect(tryDecode(bytes(1, ...id(1), 5, ...id(1), 3, ...id(1), 4))?.context.except).toHaveLength(
      2,
    );
    expect(tryDecode(bytes(2, ...id(2), 5, ...id(1), 5))).toBeUndefined();
    expect(tryDecode(bytes(2, ...id(1), 5, ...id(1), 6))).toBeUndefined();
    expect(tryDecode(bytes(1, ...id(1), 0))).toBeUndefined();
    expect(tryDecode(bytes(1, ...id(1)))).toBeUndefined();
    expect(tryDecode(bytes(2, ...id(1), 5))).toBeUndefined();
    expect(tryDecode(bytes(0, ...id(1), 5))).toBeUndefined();
    expect(tryDecode(bytes(1, ...id(1), 5, ...id(1), 6))).toBeUndefined();
    expect(tryDecode(bytes(1, ...id(1), 5, ...id(1), 4, ...id(1), 3))).toBeUndefined();
    expect(tryDecode(bytes(1, ...id(1), 5, ...id(2), 1))).toBeUndefined();
  });
});
