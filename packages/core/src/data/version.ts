/** One version of a key, and which of several concurrent ones is shown. */
import type { CausalContext } from "./causal-context.ts";
import type { Dot } from "./dot.ts";
import { compareHlc, type Hlc } from "./hlc.ts";
import { decodeStamp, stampHlc } from "./stamp.ts";
import type { Row } from "../storage.ts";

export interface Version {
  readonly dot: Dot;
  /** What its writer had seen of the key. */
  readonly context: CausalContext;
  readonly hlc: Hlc;
  /** CBOR; null is a tombstone. */
  readonly value: Uint8Array | null;
}

export const rowDot = (row: Row): Dot => ({ replica: row.replica, counter: row.counter });

export const rowVersion = (row: Row): Version => {
  const { hlc, context } = decodeStamp(row.stamp);
  return { dot: rowDot(row), context, hlc, value: row.value };
};

const beats = (a: Row, b: Row): boolean => {
  if ((a.value === null) !== (b.value === null)) return b.value === null;
  const clock = compareHlc(stampHlc(a.stamp), stampHlc(b.stamp));
  if (clock !== 0) return clock > 0;
  return a.replica === b.replica ? a.counter > b.counter : a.replica > b.replica;
};

/**
 * The sibling that `get`, `list` and `watch` show, the same on every replica: a live value before a tombstone
 * (a concurrent edit survives a deletion), then the higher clock, the higher replica id, the higher counter.
 */
export const winner = (siblings: readonly Row[]): Row | undefined => {
  let best = siblings[0];
  for (let index = 1; index < siblings.length; index += 1) {
    const row = siblings[index] as Row;
    if (best !== undefined && beats(row, best)) best = row;
  }
  return best;
};
