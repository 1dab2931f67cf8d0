import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Row } from "../storage.ts";
import { EMPTY_CONTEXT } from "./causal-context.ts";
import type { Dot } from "./dot.ts";
import type { ReplicaId } from "./ids.ts";
import { mergeSiblings, seenContext } from "./merge.ts";
import { encodeStamp } from "./stamp.ts";
import { winner, type Version } from "./version.ts";

const REPLICAS = ["1", "2", "3"].map((digit) => digit.repeat(16) as ReplicaId);

/** Who does what: writes having seen its replica as it stood `age` steps ago, or takes over what another replica holds. */
type Step =
  | {
      readonly type: "write";
      readonly at: number;
      readonly age: number;
      /** Bits: which of the versions of that time its writer had not seen. */
      readonly blind: number;
      readonly wall: number;
      readonly deletes: boolean;
    }
  | { readonly type: "merge"; readonly at: number; readonly from: number };

const place = fc.nat({ max: REPLICAS.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant("write" as const),
    at: place,
    age: fc.oneof(fc.constant(0), fc.nat({ max: 3 })),
    blind: fc.oneof(fc.constant(0), fc.nat({ max: 7 })),
    wall: fc.nat({ max: 3 }),
    deletes: fc.boolean(),
  }),
  fc.record({ type: fc.constant("merge" as const), at: place, from: place }),
);
const history = fc.array(step, { maxLength: 30 });

const dotName = ({ replica, counter }: Dot): string => `${replica[0]}.${counter}`;
const namesOf = (siblings: readonly Version[]): string[] =>
  siblings.map(({ dot }) => dotName(dot)).toSorted();

/** Every sibling set some replica held at some time, and for each write all that its writer knew of. */
const play = (steps: readonly Step[]) => {
  const pasts: Version[][][] = REPLICAS.map(() => [[]]);
  const counters = REPLICAS.map(() => 0);
  const causesByDot = new Map<string, Set<string>>();
  for (const action of steps) {
    const past = pasts[action.at] as Version[][];
    const held = past.at(-1) as Version[];
    if (action.type === "merge") {
      past.push(mergeSiblings(held, pasts[action.from]?.at(-1) as Version[]));
      continue;
    }
    const known = past.at(-1 - action.age) ?? [];
    // Every other app of the replica may have written versions this one has not seen, before or after its own.
    const seen = known.filter((_, index) => (action.blind & (1 << index)) === 0);
    const counter = (counters[action.at] as number) + 1;
    counters[action.at] = counter;
    const version: Version = {
      dot: { replica: REPLICAS[action.at] as ReplicaId, counter },
      context: seenContext(seen),
      hlc: { wall: action.wall, tick: 0 },
      value: action.deletes ? null : Uint8Array.of(counter),
    };
    const causes = new Set(namesOf(seen));
    for (const name of namesOf(seen))
      for (const cause of causesByDot.get(name) ?? []) causes.add(cause);
    causesByDot.set(dotName(version.dot), causes);
    past.push(mergeSiblings(held, [version]));
  }
  return { pasts, causesByDot, held: pasts.map((past) => past.at(-1) as Version[]) };
};

/** A history and three of the sets that occurred in it. */
const threeSets = fc.tuple(history, fc.infiniteStream(fc.nat())).map(([steps, choices]) => {
  const sets = play(steps).pasts.flat();
  return [...choices.take(3)].map((choice) => sets[choice % sets.length] as Version[]) as [
    Version[],
    Version[],
    Version[],
  ];
});

const rowOf = ({ dot, hlc, context, value }: Version): Row => ({
  key: "k",
  ...dot,
  arrival: dot.counter,
  stamp: encodeStamp({ hlc, index: 0, context }),
  value,
});

describe("merging siblings", () => {
  it("is commutative, associative and idempotent over every history", () => {
    fc.assert(
      fc.property(threeSets, ([a, b, c]) => {
        expect(namesOf(mergeSiblings(a, b))).toEqual(namesOf(mergeSiblings(b, a)));
        const left = mergeSiblings(mergeSiblings(a, b), c);
        expect(namesOf(left)).toEqual(namesOf(mergeSiblings(a, mergeSiblings(b, c))));
        expect(namesOf(mergeSiblings(a, a))).toEqual(namesOf(a));
        expect(namesOf(mergeSiblings(mergeSiblings(a, b), b))).toEqual(
          namesOf(mergeSiblings(a, b)),
        );
        expect(mergeSiblings(a, [])).toEqual(a);
      }),
      { numRuns: 300 },
    );
  });

  it("loses no version but those whose successor's writer had seen them", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { held, causesByDot } = play(steps);
        const superseded = new Set([...causesByDot.values()].flatMap((causes) => [...causes]));
        const expected = [...causesByDot.keys()].filter((name) => !superseded.has(name)).toSorted();
        const all = held.reduce((merged, siblings) => mergeSiblings(merged, siblings), []);
        expect(namesOf(all)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("shows the same winner whatever the order, and never a tombstone beside a value", () => {
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat({ max: 1000 })), (steps, weights) => {
        const { held } = play(steps);
        const rows = held
          .reduce((merged, siblings) => mergeSiblings(merged, siblings), [])
          .map(rowOf);
        const shuffled = rows
          .map((row) => ({ row, weight: weights.next().value }))
          .toSorted((a, b) => a.weight - b.weight)
          .map(({ row }) => row);
        expect(winner(shuffled)).toEqual(winner(rows));
        if (rows.some(({ value }) => value !== null)) expect(winner(rows)?.value).not.toBeNull();
        expect(winner(rows) === undefined).toBe(rows.length === 0);
      }),
      { numRuns: 300 },
    );
  });

  it("prefers a value to a tombstone, then the later clock, the higher replica, the higher counter", () => {
    const row = (replica: string, counter: number, wall: number, value: Uint8Array | null): Row =>
      rowOf({
        dot: { replica: replica.repeat(16) as ReplicaId, counter },
        context: EMPTY_CONTEXT,
        hlc: { wall, tick: 0 },
        value,
      });
    const live = Uint8Array.of(1);
    const ranked = [
      row("1", 9, 5, live),
      row("3", 1, 4, live),
      row("2", 8, 4, live),
      row("2", 7, 4, live),
      row("9", 9, 9, null),
      row("9", 8, 9, null),
    ];
    for (let from = 0; from < ranked.length; from += 1) {
      expect(winner(ranked.slice(from).toReversed())).toBe(ranked[from]);
    }
  });
});
