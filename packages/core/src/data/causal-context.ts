/**
 * Causal context: which versions of one key a writer had seen. A version vector says it, but for one case: all apps of
 * a store write under one replica id, so a writer may have seen the store's third version of a key and not its second,
 * which another app made. Such versions, still held when the write is made, are listed as exceptions.
 */
import type { Dot } from "./dot.ts";
import { covers, EMPTY_VECTOR, joinVectors, raise, type VersionVector } from "./version-vector.ts";

export interface CausalContext {
  readonly vector: VersionVector;
  /** Covered by the vector, and yet not seen. Almost always empty. */
  readonly except: readonly Dot[];
}

export const EMPTY_CONTEXT: CausalContext = { vector: EMPTY_VECTOR, except: [] };

export const sameDot = (a: Dot, b: Dot): boolean =>
  a.replica === b.replica && a.counter === b.counter;

export const hasSeen = (context: CausalContext, dot: Dot): boolean =>
  covers(context.vector, dot) && !context.except.some((unseen) => sameDot(unseen, dot));

/** What has been seen by either. */
export const joinContexts = (a: CausalContext, b: CausalContext): CausalContext => ({
  vector: joinVectors(a.vector, b.vector),
  except: [
    ...a.except.filter((dot) => !hasSeen(b, dot)),
    ...b.except.filter((dot) => !covers(a.vector, dot)),
  ],
});

/** The context after seeing the version `dot` as well. */
export const addSeen = (context: CausalContext, dot: Dot): CausalContext => ({
  vector: raise(context.vector, dot),
  except: context.except.filter((unseen) => !sameDot(unseen, dot)),
});

/** The context without the versions `dots`, which are there but have not been seen. */
export const exceptUnseen = (context: CausalContext, dots: readonly Dot[]): CausalContext => {
  const unseen = dots.filter((dot) => hasSeen(context, dot));
  return unseen.length === 0 ? context : { ...context, except: [...context.except, ...unseen] };
};
