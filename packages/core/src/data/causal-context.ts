/**
 * Causal context: which versions of one key a writer had seen, as spans of counters for each replica. It is exact: of all
 * versions the key has ever had, those in it had been seen, and no other. What else a span runs over are versions of other
 * keys, about which it says nothing. docs/protocol.md, "Merge".
 */
import type { Dot } from "./dot.ts";
import type { ReplicaId } from "./ids.ts";
import type { VersionVector } from "./version-vector.ts";

/** Counters from `first` to `last`, both included. */
export type Span = readonly [first: number, last: number];

/** For each replica its spans, ascending, with a gap between any two. Most have one, from 1. */
export type CausalContext = ReadonlyMap<ReplicaId, readonly Span[]>;

export const EMPTY_CONTEXT: CausalContext = new Map();

export const hasSeen = (context: CausalContext, { replica, counter }: Dot): boolean =>
  context.get(replica)?.some(([first, last]) => first <= counter && counter <= last) === true;

/** The highest counter of a replica's writes that the context names; 0 for none. */
export const lastSeen = (context: CausalContext, replica: ReplicaId): number =>
  context.get(replica)?.at(-1)?.[1] ?? 0;

const joinSpans = (a: readonly Span[], b: readonly Span[]): Span[] => {
  const joined: [number, number][] = [];
  for (const [first, last] of [...a, ...b].sort((one, other) => one[0] - other[0])) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
};

/** What has been seen by either. */
export const joinContexts = (a: CausalContext, b: CausalContext): CausalContext => {
  if (a.size === 0 || b.size === 0) return a.size === 0 ? b : a;
  const joined = new Map(a);
  for (const [replica, spans] of b) joined.set(replica, joinSpans(a.get(replica) ?? [], spans));
  return joined;
};

/** The context after seeing the version `dot` as well. */
export const addSeen = (context: CausalContext, { replica, counter }: Dot): CausalContext =>
  joinContexts(context, new Map([[replica, [[counter, counter]]]]));

/**
 * The same in fewer spans: closes the gaps in which no version of the key lies that was not seen. That can be said of a gap
 * that `known`, the writer's version vector, covers: each version of the key in it is held here, or was seen by one that
 * is. So it was seen, unless it is among `unseen`, the versions held but not seen, or was seen by one of these.
 */
export const closeGaps = (
  context: CausalContext,
  known: VersionVector,
  unseen: readonly { readonly dot: Dot; readonly context: CausalContext }[],
): CausalContext => {
  let strange = EMPTY_CONTEXT;
  for (const version of unseen) {
    strange = addSeen(joinContexts(strange, version.context), version.dot);
  }
  return new Map(
    Array.from(context, ([replica, spans]) => {
      const closed: [number, number][] = [];
      for (const [first, last] of spans) {
        const before = closed.at(-1);
        const end = before?.[1] ?? 0;
        const isKnown = (known.get(replica) ?? 0) >= first - 1;
        const isStrange = strange.get(replica)?.some(([from, to]) => from < first && to > end);
        if (!isKnown || isStrange === true) closed.push([first, last]);
        else if (before === undefined) closed.push([1, last]);
        else before[1] = last;
      }
      return [replica, closed];
    }),
  );
};
