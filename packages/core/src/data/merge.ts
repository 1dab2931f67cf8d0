/** Dotted version vector sets (Preguica et al., 2012): the one rule by which concurrent versions are kept. */
import type { Dot } from "./dot.ts";
import type { Version } from "./version.ts";
import { covers, EMPTY_VECTOR, joinVectors, raise, type VersionVector } from "./version-vector.ts";

const sameDot = (a: Dot, b: Dot): boolean => a.replica === b.replica && a.counter === b.counter;

const holds = (siblings: readonly Version[], dot: Dot): boolean =>
  siblings.some((version) => sameDot(version.dot, dot));

/** `siblings` know of `dot`: one of them was written by someone who had seen it. */
const supersedes = (siblings: readonly Version[], dot: Dot): boolean =>
  siblings.some((version) => covers(version.context, dot));

/**
 * The sibling set that knows all that `a` and `b` know: a version of one side stays if the other side holds it too
 * or knows nothing of it. Commutative, associative and idempotent.
 */
export const mergeSiblings = (a: readonly Version[], b: readonly Version[]): Version[] => [
  ...a.filter(({ dot }) => holds(b, dot) || !supersedes(b, dot)),
  ...b.filter(({ dot }) => !holds(a, dot) && !supersedes(a, dot)),
];

/** What a writer who has seen all of `siblings` has seen of the key. */
export const seenContext = (siblings: readonly Version[]): VersionVector => {
  let context = EMPTY_VECTOR;
  for (const version of siblings) context = raise(joinVectors(context, version.context), version.dot);
  return context;
};
