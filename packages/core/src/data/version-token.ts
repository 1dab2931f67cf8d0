/**
 * A version token names the whole set of live siblings of a key, for an app to hand back with a later write.
 * It is opaque to apps: `replica.counter`, the counter in base 36, several joined by `+` in ascending order.
 * A key without a live sibling has the empty token, whether a tombstone is there or not.
 */
import { MasqError } from "../errors.ts";
import type { Dot } from "./dot.ts";
import { isReplicaId } from "./replica-ids.ts";

export const ABSENT_TOKEN = "";

/** More concurrent writers of one key than any person has devices; bounds what a token can cost. */
const MAX_TOKEN_DOTS = 256;

const formatDot = (dot: Dot): string => `${dot.replica}.${dot.counter.toString(36)}`;

/** Takes the live siblings of a key, in any order. */
export const versionToken = (live: readonly Dot[]): string => {
  if (live.length === 0) return ABSENT_TOKEN;
  if (live.length === 1) return formatDot(live[0] as Dot);
  return live
    .toSorted((a, b) =>
      a.replica === b.replica ? a.counter - b.counter : a.replica < b.replica ? -1 : 1,
    )
    .map(formatDot)
    .join("+");
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
