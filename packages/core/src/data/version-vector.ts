/**
 * Version vector: for each replica the highest counter up to which every write is held or known to be superseded.
 * Values are immutable; each operation returns a new one.
 */
import type { Dot } from "./dot.ts";
import type { ReplicaId } from "./ids.ts";

export type VersionVector = ReadonlyMap<ReplicaId, number>;

export const EMPTY_VECTOR: VersionVector = new Map();

export const covers = (vector: VersionVector, dot: Dot): boolean =>
  (vector.get(dot.replica) ?? 0) >= dot.counter;

/** Every dot covered by `b` is covered by `a`. */
export const dominates = (a: VersionVector, b: VersionVector): boolean => {
  for (const [replica, counter] of b) if ((a.get(replica) ?? 0) < counter) return false;
  return true;
};

export const equalVectors = (a: VersionVector, b: VersionVector): boolean =>
  dominates(a, b) && dominates(b, a);

/** The least vector that dominates both. */
export const joinVectors = (a: VersionVector, b: VersionVector): VersionVector => {
  if (dominates(a, b)) return a;
  const joined = new Map(a);
  for (const [replica, counter] of b) {
    if ((joined.get(replica) ?? 0) < counter) joined.set(replica, counter);
  }
  return joined;
};

/** The vector raised so that it covers `dot`. */
export const raise = (vector: VersionVector, dot: Dot): VersionVector =>
  covers(vector, dot) ? vector : new Map(vector).set(dot.replica, dot.counter);
