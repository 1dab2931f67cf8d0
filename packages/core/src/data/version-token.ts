/**
 * A version token names the live siblings of a key, 256 at most, for an app to hand back with a later write.
 * It is opaque to apps: `replica.counter`, the counter in base 36, several joined by `+` in ascending order.
 * A key without a live sibling has the empty token, whether a tombstone is there or not.
 */
import { MasqError } from "../errors.ts";
import { byDot, type Dot } from "./dot.ts";
import { isReplicaId } from "./replica-ids.ts";

export const ABSENT_TOKEN = "";

/** More concurrent versions than anybody looks through; a key that has more is resolved bit by bit. */
export const MAX_NAMED_SIBLINGS = 256;
/** Two tokens joined: of what was read and what was written since. */
const MAX_TOKEN_DOTS = 2 * MAX_NAMED_SIBLINGS;

const formatDot = (dot: Dot): string => `${dot.replica}.${dot.counter.toString(36)}`;

/** Takes the live siblings of a key, in any order. */
export const versionToken = (live: readonly Dot[]): string => {
  if (live.length === 0) return ABSENT_TOKEN;
  if (live.length === 1) return formatDot(live[0] as Dot);
  return live.toSorted(byDot).map(formatDot).join("+");
};

const COUNTER = /^[1-9a-z][0-9a-z]{0,10}$/;

/** The dots a token names. Throws MASQ_OPTION_INVALID for a text that is no token. */
export const parseVersionToken = (token: unknown): Dot[] => {
  if (token === ABSENT_TOKEN) return [];
  const parts = typeof token === "string" ? token.split("+", MAX_TOKEN_DOTS + 1) : [];
  const dots = parts.map((part): Dot | undefined => {
    const replica = part.slice(0, 16);
    const digits = part.slice(17);
    const counter = Number.parseInt(digits, 36);
    const isDot =
      isReplicaId(replica) &&
      part[16] === "." &&
      COUNTER.test(digits) &&
      Number.isSafeInteger(counter);
    return isDot ? { replica, counter } : undefined;
  });
  if (dots.length === 0 || dots.length > MAX_TOKEN_DOTS || dots.includes(undefined)) {
    throw new MasqError(
      "MASQ_OPTION_INVALID",
      "This is not a version token. Pass on a token unchanged, as get, list or watch delivered it.",
    );
  }
  return dots as Dot[];
};
