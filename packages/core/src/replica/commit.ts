/** The pure heart of a write: operations on some keys and the rows there now -> the rows and state afterwards. */
import type { SymmetricPrimitives } from "../crypto/primitives.ts";
import { closeGaps, joinContexts } from "../data/causal-context.ts";
import { sameDot, type Dot } from "../data/dot.ts";
import { tickHlc, type Hlc } from "../data/hlc.ts";
import { mergeSiblings, seenContext } from "../data/merge.ts";
import { encodeStamp } from "../data/stamp.ts";
import { raise } from "../data/version-vector.ts";
import { rowVersion } from "../data/version.ts";
import { ABSENT_TOKEN, parseVersionToken } from "../data/version-token.ts";
import { MasqError } from "../errors.ts";
import type { ReplicaState, Row, RowName } from "../storage.ts";
import { Drafts, isLive } from "./drafts.ts";
import { showEntry, type Shown } from "./shown.ts";

/** One put or deletion. */
export interface Operation {
  readonly key: string;
  /** CBOR; null deletes. */
  readonly value: Uint8Array | null;
  /** Token of what the writer has seen of the key; undefined when it never read it: then all that is here counts as seen. */
  readonly seen?: string | undefined;
  /** A write of the same writer that may not have been answered yet when this one was made: it counts as seen too. */
  readonly own?: (() => Dot | undefined) | undefined;
  /** Fail with MASQ_CONFLICT unless the key's token is this one. */
  readonly ifVersion?: string | undefined;
}

export interface CommitPlan {
  readonly removed: readonly RowName[];
  readonly added: readonly Row[];
  readonly state: ReplicaState;
  /** Each written key as it stands afterwards, in the order first written. */
  readonly shown: readonly Shown[];
  /** The dot each operation was given; undefined where there was nothing to delete. */
  readonly dots: readonly (Dot | undefined)[];
}

/**
 * Which of the versions here the writer of `operation` has seen. Those it names that are not here any more count for
 * nothing: what has replaced them is here.
 */
const seenBy = ({ seen, own, ifVersion }: Operation): ((row: Row) => boolean) => {
  if (seen === undefined && own === undefined && ifVersion === undefined) return () => true;
  // An ifVersion that was met names what the app was shown, which need not be all of very many.
  const dots = parseVersionToken(ifVersion ?? seen ?? ABSENT_TOKEN);
  const ownDot = own?.();
  if (ownDot !== undefined) dots.push(ownDot);
  // Tombstones are invisible: seeing one harms nobody.
  return (row) => row.value === null || dots.some((dot) => sameDot(dot, row));
};

/** Versions of one key an app may pile up by writing without looking; what other devices bring is always kept. */
const MAX_LOCAL_SIBLINGS = 64;

const conflict = (what: string): never => {
  throw new MasqError("MASQ_CONFLICT", `${what}; nothing was written. Read it again and decide.`);
};

/**
 * One commit of a replica: consecutive counters and arrival numbers, one clock stamp. Throws MASQ_CONFLICT,
 * in which case nothing has happened.
 */
export const planCommit = (
  crypto: SymmetricPrimitives,
  state: ReplicaState,
  operations: readonly Operation[],
  rowsOf: (key: string) => readonly Row[],
  now: number,
): CommitPlan => {
  const hlc: Hlc = tickHlc(state.hlc, now);
  const drafts = new Drafts(crypto, state, rowsOf);
  const dots: (Dot | undefined)[] = [];
  let { counter, arrival } = state;
  let index = 0;
  const isOfThisCommit = (row: Row): boolean =>
    row.replica === state.replica && row.counter > state.counter;
  for (const operation of operations) {
    const draft = drafts.of(operation.key);
    const live = draft.rows.filter(isLive);
    const { ifVersion } = operation;
    if (ifVersion !== undefined && showEntry(operation.key, draft.rows).version !== ifVersion) {
      conflict("The entry is no longer at the version named by ifVersion");
    }
    if (operation.value === null && live.length === 0) {
      dots.push(undefined);
      continue;
    }
    counter += 1;
    arrival += 1;
    const dot: Dot = { replica: state.replica, counter };
    // What this commit itself wrote to the key never leaves it: its successor takes over what its writer had seen.
    const others = draft.rows.filter((held) => !isOfThisCommit(held));
    const isSeen = seenBy(operation);
    let context = seenContext(others.filter(isSeen).map(rowVersion));
    for (const written of draft.rows.filter(isOfThisCommit)) {
      context = joinContexts(context, rowVersion(written).context);
    }
    const unseen = others.filter((held) => !isSeen(held)).map(rowVersion);
    context = closeGaps(context, state.vector, unseen);
    const row: Row = {
      key: operation.key,
      ...dot,
      arrival,
      stamp: encodeStamp({ hlc, index, context }),
      value: operation.value,
    };
    const version = { dot, context, hlc, value: operation.value };
    const kept = others.length === 0 ? [] : keptRows(others, version);
    // Who has seen one of them leaves no more than there were: that is how they are resolved.
    if (kept.length >= MAX_LOCAL_SIBLINGS && kept.length === others.length)
      conflict("The entry has too many concurrent versions");
    drafts.replace(operation.key, [...kept, row]);
    dots.push(dot);
    index += 1;
  }
  const { removed, added, ...counts } = drafts.summary();
  const own: Dot = { replica: state.replica, counter };
  const isChanged = index > 0;
  return {
    removed,
    added,
    shown: Array.from(drafts.all, ([key, { rows }]) => showEntry(key, rows)),
    dots,
    state: {
      ...state,
      ...counts,
      counter,
      arrival,
      hlc: isChanged ? hlc : state.hlc,
      vector: isChanged ? raise(state.vector, own) : state.vector,
      held: isChanged ? raise(state.held, own) : state.held,
    },
  };
};

/** Each operation's key as it stands after them. */
export const versionsOf = (operations: readonly Operation[], shown: readonly Shown[]): string[] => {
  if (operations.length === 1) return shown.map(({ version }) => version);
  const versionByKey = new Map(shown.map(({ key, version }) => [key, version]));
  return operations.map(({ key }) => versionByKey.get(key) as string);
};

const keptRows = (rows: readonly Row[], version: ReturnType<typeof rowVersion>): Row[] => {
  const kept = mergeSiblings(rows.map(rowVersion), [version]);
  return rows.filter((row) => kept.some(({ dot }) => sameDot(dot, row)));
};
