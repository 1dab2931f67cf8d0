import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { throwsCode } from "../testing/expect.ts";
import type { Dot } from "./dot.ts";
import type { ReplicaId } from "./ids.ts";
import { ABSENT_TOKEN, parseVersionToken, versionToken } from "./version-token.ts";

const dot: fc.Arbitrary<Dot> = fc.record({
  replica: fc
    .constantFrom("0".repeat(16), "0123456789abcdef", "f".repeat(16))
    .map((id) => id as ReplicaId),
  counter: fc.oneof(
    fc.integer({ min: 1, max: 100 }),
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  ),
});
const dots = fc.uniqueArray(dot, {
  maxLength: 8,
  selector: ({ replica, counter }) => `${replica} ${counter}`,
});
const sorted = (items: readonly Dot[]): Dot[] =>
  items.toSorted((a, b) =>
    a.replica === b.replica ? a.counter - b.counter : a.replica < b.replica ? -1 : 1,
  );

describe("version tokens", () => {
  it("name the same set of dots after a round trip, whatever their order", () => {
    fc.assert(
      fc.property(dots, (set) => {
        const token = versionToken(set);
        expect(parseVersionToken(token)).toEqual(sorted(set));
        expect(versionToken(set.toReversed())).toBe(token);
        expect(token === ABSENT_TOKEN).toBe(set.length === 0);
      }),
    );
  });

  it("are refused when they are not tokens", () => {
    const good = "0123456789abcdef.1";
    const bad: unknown[] = [
      undefined,
      null,
      5,
      {},
      [],
      [good],
      " ",
      "+",
      `${good}+`,
      `+${good}`,
      `${good} `,
      "0123456789abcdef.",
      "0123456789abcdef.0",
      "0123456789abcdef.01",
      "0123456789abcdef.A",
      "0123456789ABCDEF.1",
      "0123456789abcde.1",
      "0123456789abcdef:1",
      "0123456789abcdef.zzzzzzzzzzz",
      "0123456789abcdef.1.1",
      `${good}\u0000`,
      "x".repeat(1e6),
      Array.from(
        { length: 513 },
        (_, index) => `0123456789abcdef.${(index + 1).toString(36)}`,
      ).join("+"),
      `${good}+`.repeat(1e5),
    ];
    for (const token of bad) throwsCode(() => parseVersionToken(token), "MASQ_OPTION_INVALID");
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (text !== "") throwsCode(() => parseVersionToken(text), "MASQ_OPTION_INVALID");
      }),
    );
  });
});
