/** A dot names one write: the replica that made it and that replica's count of writes so far. */
import type { ReplicaId } from "./ids.ts";

export interface Dot {
  readonly replica: ReplicaId;
  /** 1 for a replica's first write. */
  readonly counter: number;
}

export const sameDot = (a: Dot, b: Dot): boolean =>
  a.replica === b.replica && a.counter === b.counter;

/** By replica, then counter. */
export const byDot = (a: Dot, b: Dot): number =>
  a.replica < b.replica ? -1 : a.replica > b.replica ? 1 : a.counter - b.counter;
