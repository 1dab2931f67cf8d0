import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReplicaId } from "./ids.ts";
import {
  covers,
  dominates,
  EMPTY_VECTOR,
  equalVectors,
  joinVectors,
  raise,
} from "./version-vector.ts";

const replica = fc.constantFrom(
  ...["a", "b", "c", "d"].map((digit) => digit.repeat(16) as ReplicaId),
);
const counter = fc.integer({ min: 1, max: 6 });
const vector = fc.array(fc.tuple(replica, counter)).map((pairs) => new Map(pairs));
const dot = fc.record({ replica, counter });

describe("version vectors", () => {
  it("join to the least vector that dominates both", () => {
    fc.assert(
      fc.property(vector, vector, vector, (a, b, c) => {
        const joined = joinVectors(a, b);
        expect(dominates(joined, a) && dominates(joined, b)).toBe(true);
        if (dominates(c, a) && dominates(c, b)) expect(dominates(c, joined)).toBe(true);
        expect(equalVectors(joined, joinVectors(b, a))).toBe(true);
        expect(equalVectors(joinVectors(joined, c), joinVectors(a, joinVectors(b, c)))).toBe(true);
        expect(joinVectors(a, a)).toEqual(a);
        expect(joinVectors(a, EMPTY_VECTOR)).toEqual(a);
      }),
    );
  });

  it("cover what they are raised to and nothing of other replicas more than before", () => {
    fc.assert(
      fc.property(vector, dot, dot, (a, raised, other) => {
        const before = new Map(a);
        const after = raise(a, raised);
        expect(covers(after, raised)).toBe(true);
        expect(dominates(after, a)).toBe(true);
        if (other.replica !== raised.replica) expect(covers(after, other)).toBe(covers(a, other));
        expect(a, "the operand is untouched").toEqual(before);
        expect(raise(after, raised), "nothing new, nothing made").toBe(after);
      }),
    );
  });

  it("dominate exactly when they cover every dot of the other", () => {
    fc.assert(
      fc.property(vector, vector, (a, b) => {
        const all = [...b].every(([id, count]) => covers(a, { replica: id, counter: count }));
        expect(dominates(a, b)).toBe(all);
        expect(equalVectors(a, b)).toBe(dominates(a, b) && dominates(b, a));
      }),
    );
  });
});
