/** Dotted version vector sets (Preguica et al., 2012): the one rule by which concurrent versions are kept. */
import {
  addSeen,
  EMPTY_CONTEXT,
  hasSeen,
  joinContexts,
  type CausalContext,
} from "./causal-context.ts";
import { sameDot, type Dot } from "./dot.ts";
import type { Version } from "./version.ts";

const holds = (siblings: readonly Version[], dot: Dot): boolean =>
  siblings.some((version) => sameDot(version.dot, dot));

/** `siblings` know of `dot`: one of them was written by someone who had seen it. */
const supersedes = (siblings: readonly Version[], dot: Dot): boolean =>
  siblings.some((version) => hasSeen(version.context, dot));

/**
 * The sibling set that knows all that `a` and `b` know: a version of one side stays if the other side holds it too
 * or knows nothing of it. Commutative, associative and idempotent.
 */
export const mergeSiblings = (a: readonly Version[], b: readonly Version[]): Version[] => [
  ...a.filter(({ dot }) => holds(b, dot) || !supersedes(b, dot)),
  ...b.filter(({ dot }) => !holds(a, dot) && !supersedes(a, dot)),
];

/** What a writer who has seen all of `siblings` has seen of the key. */
export const seenContext = (siblings: readonly Version[]): CausalContext => {
  let context = EMPTY_CONTEXT;
  for (const version of siblings) context = joinContexts(context, version.context);
  for (const version of siblings) context = addSeen(context, version.dot);
  return context;
};
