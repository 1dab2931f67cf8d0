import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MasqError } from "../errors.ts";
import type { ReplicaId } from "./ids.ts";
import type { CausalContext, Span } from "./causal-context.ts";
import { decodeStamp, encodeStamp, stampHlc, type Stamp } from "./stamp.ts";

const whole = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat());
const replica = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString("hex") as ReplicaId);
/** Spans from the gaps before them and their lengths. */
const spans: fc.Arbitrary<Span[]> = fc
  .array(fc.tuple(fc.oneof(fc.constant(0), fc.nat({ max: 300 })), fc.nat({ max: 300 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => {
    let end = -1;
    return parts.map(([gap, more]): Span => {
      const first = end + 2 + gap;
      end = first + more;
      return [first, end];
    });
  });
const huge: fc.Arbitrary<Span[]> = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 53 - 1 }), fc.maxSafeNat())
  .map(([first, more]) => [[first, Math.min(2 ** 53 - 1, first + more)]]);
const context: fc.Arbitrary<CausalContext> = fc
  .array(fc.tuple(replica, fc.oneof(spans, huge)), { maxLength: 5 })
  .map((entries) => new Map(entries));
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
        const turned = { ...original, context: new Map([...original.context].toReversed()) };
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

  it("have these bytes", () => {
    const [a, b] = ["00112233445566a0", "00112233445566aa"] as ReplicaId[] as [
      ReplicaId,
      ReplicaId,
    ];
    const hlc = { wall: 1_700_000_000_000, tick: 5 };
    const bytesOf = (seen: CausalContext, index = 2): string =>
      Buffer.from(encodeStamp({ hlc, index, context: seen })).toString("hex");
    expect(bytesOf(new Map(), 0)).toBe("018bcfe5680000050000");
    const both = "018bcfe568000005020200112233445566a00100112233445566aaac02";
    expect(
      bytesOf(
        new Map<ReplicaId, Span[]>([
          [b, [[1, 300]]],
          [a, [[1, 1]]],
        ]),
      ),
    ).toBe(both);
    const apart = new Map<ReplicaId, Span[]>([
      [a, [[3, 3]]],
      [
        b,
        [
          [1, 297],
          [299, 300],
        ],
      ],
    ]);
    expect(bytesOf(apart)).toBe(
      "018bcfe568000005020100112233445566aaa90200112233445566a0030000112233445566aaab0201",
    );
  });

  it("are refused when the context is not sorted, repeats itself, counts from nothing or leaves no gap", () => {
    const bytes = (...parts: number[]): Uint8Array =>
      Uint8Array.of(...Array.from({ length: 8 }, () => 1), 0, ...parts);
    const id = (byte: number): number[] => Array.from({ length: 8 }, () => byte);
    const seen = (...parts: number[]): unknown => {
      const decoded = tryDecode(bytes(...parts));
      return decoded && [...decoded.context.values()];
    };
    expect(seen(2, ...id(1), 5, ...id(2), 5)).toEqual([[[1, 5]], [[1, 5]]]);
    expect(seen(1, ...id(1), 5, ...id(1), 7, 0, ...id(1), 9, 3)).toEqual([
      [
        [1, 5],
        [7, 7],
        [9, 12],
      ],
    ]);
    expect(seen(0, ...id(1), 2, 0, ...id(2), 2, 0)).toEqual([[[2, 2]], [[2, 2]]]);
    expect(seen(2, ...id(2), 5, ...id(1), 5)).toBeUndefined();
    expect(seen(2, ...id(1), 5, ...id(1), 6)).toBeUndefined();
    expect(seen(1, ...id(1), 0)).toBeUndefined();
    expect(seen(1, ...id(1))).toBeUndefined();
    expect(seen(2, ...id(1), 5)).toBeUndefined();
    expect(seen(0, ...id(1), 5)).toBeUndefined();
    expect(seen(0, ...id(1), 0, 5)).toBeUndefined();
    expect(seen(0, ...id(1), 1, 5)).toBeUndefined();
    expect(seen(1, ...id(1), 5, ...id(1), 6, 0)).toBeUndefined();
    expect(seen(1, ...id(1), 5, ...id(1), 4, 5)).toBeUndefined();
    expect(seen(0, ...id(1), 4, 2, ...id(1), 7, 0)).toBeUndefined();
    expect(seen(0, ...id(1), 8, 0, ...id(1), 5, 0)).toBeUndefined();
    expect(seen(0, ...id(2), 5, 0, ...id(1), 5, 0)).toBeUndefined();
    const most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
    expect(seen(0, ...id(1), ...most, 0)).toEqual([[[2 ** 53 - 1, 2 ** 53 - 1]]]);
    expect(seen(0, ...id(1), ...most, 1)).toBeUndefined();
  });
});
