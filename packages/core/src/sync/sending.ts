/** What one side sends of its own: docs/sync.md, "Sending". Pure functions over the machine's states. */
import { covers, dominates, equalVectors } from "../data/version-vector.ts";
import { compareBytes } from "../bytes/bytes.ts";
import type { ReplicaState, Row } from "../storage.ts";
import { MAX_SYNC_MESSAGE_BYTES, POSITION_INTERVAL, WINDOW } from "./limits.ts";
import {
  isClean,
  snapshotOf,
  type Live,
  type MetState,
  type PeerState,
  type Pending,
  type Streaming,
  type SyncAction,
} from "./machine.ts";
import { rowSize, type Entries } from "./messages.ts";

export const nothingPending = (position: number): Pending => ({
  commits: [],
  bytes: 0,
  reached: position,
  end: undefined,
});

/** What of these commits the peer may lack; what is left of a commit stays together. */
export const lackedBy = (
  { vector }: PeerState,
  commits: readonly (readonly Row[])[],
): (readonly Row[])[] => {
  const lacked: (readonly Row[])[] = [];
  for (const rows of commits) {
    const left = rows.some((row) => covers(vector, row))
      ? rows.filter((row) => !covers(vector, row))
      : rows;
    if (left.length > 0) lacked.push(left);
  }
  return lacked;
};

const sizeOf = (rows: readonly Row[]): number => rows.reduce((sum, row) => sum + rowSize(row), 0);

export const addPending = (
  pending: Pending,
  commits: readonly (readonly Row[])[],
  reached: number,
  end: ReplicaState | undefined,
): Pending => ({
  commits: commits.length === 0 ? pending.commits : [...pending.commits, ...commits],
  bytes: commits.reduce((sum, rows) => sum + sizeOf(rows), pending.bytes),
  reached,
  end,
});

/** The peer knows all we know, and says the same of it: the cursor may begin at the end. */
export const mayJump = (own: ReplicaState, { snapshot }: PeerState): boolean =>
  // Without the first an unclaimed tombstone, invisible to the digest, would never be sent.
  isClean(own) &&
  equalVectors(own.vector, snapshot.vector) &&
  compareBytes(own.digest, snapshot.digest) === 0;

const differs = (a: ReplicaState, b: ReplicaState): boolean =>
  a !== b &&
  (!equalVectors(a.vector, b.vector) ||
    compareBytes(a.digest, b.digest) !== 0 ||
    isClean(a) !== isClean(b));

export const hasEntries = (state: Streaming | Live): boolean => {
  const { pending, peer, claimed, toldPosition, toReceive } = state;
  const { commits, end, reached } = pending;
  if (commits.length > 0) return true;
  // Most of what comes from the peer is nothing for the peer: it is told how far we are once that is over.
  if (toReceive === 0 && reached - toldPosition >= POSITION_INTERVAL) return true;
  return (
    end !== undefined && !dominates(peer.vector, end.vector) && !dominates(claimed, end.vector)
  );
};

export const hasRows = (state: MetState): boolean => {
  if (state.unacknowledged >= WINDOW) return false;
  if (state.repair.sending !== undefined && !state.repair.sending.isReading) return true;
  if (state.phase === "scanning") return !state.isReading;
  return state.phase !== "waiting" && hasEntries(state);
};

/** Something of ourselves that the peer should know and that no other message will tell it. */
export const owesAck = (state: MetState): boolean => {
  if (state.taken > 0 || state.owesOthers) return true;
  // What is being stored will be acknowledged anyway.
  if (state.merging > 0 || state.phase !== "live" || state.pending.end === undefined) return false;
  return !hasEntries(state) && differs(state.told, state.own);
};

/** Leaves room for what else a message holds: vectors, replica ids, brackets. */
const MAX_ROWS_BYTES = MAX_SYNC_MESSAGE_BYTES - 64 * 1024;

/** Rows of a commit that does not fit a message in parts that do: more than any batch can hold. */
const split = (rows: readonly Row[]): (readonly Row[])[] => {
  const half = MAX_ROWS_BYTES / 2;
  const parts: Row[][] = [];
  let bytes = Infinity;
  for (const row of rows) {
    const size = rowSize(row);
    if (bytes + size > half) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(row);
    bytes += size;
  }
  return parts;
};

/** The next message of what is pending, and what is left. Cut between commits. */
const cut = (pending: Pending, messageBytes: number): { now: Pending; left: Pending } => {
  const commits: (readonly Row[])[] = [];
  let rest = pending.commits;
  const first = rest[0];
  if (first !== undefined && sizeOf(first) > MAX_ROWS_BYTES)
    rest = [...split(first), ...rest.slice(1)];
  let bytes = 0;
  let index = 0;
  for (; index < rest.length; index += 1) {
    const rows = rest[index] as readonly Row[];
    const size = sizeOf(rows);
    if (index > 0 && (bytes >= messageBytes || bytes + size > MAX_ROWS_BYTES)) break;
    bytes += size;
    commits.push(rows);
  }
  if (index === rest.length)
    return { now: { ...pending, commits }, left: nothingPending(pending.reached) };
  // Everything before the first row that is left has been sent with this message.
  const next = Math.min(...(rest[index] as readonly Row[]).map(({ arrival }) => arrival));
  return {
    now: { commits, bytes, reached: next - 1, end: undefined },
    left: { ...pending, commits: rest.slice(index), bytes: pending.bytes - bytes },
  };
};

export const sendEntries = <State extends Streaming | Live>(
  state: State,
): { readonly state: State; readonly actions: readonly SyncAction[] } => {
  const { now, left } = cut(state.pending, state.messageBytes);
  // Only the cursor's end may be claimed: what is superseded is represented by successors that may not have been sent yet.
  const caughtUp = now.end === undefined ? undefined : snapshotOf(now.end);
  const message: Entries<Row> = {
    type: "entries",
    number: 0,
    reached: now.reached,
    remaining: Math.max(0, state.own.arrival - now.reached),
    commits: now.commits,
    caughtUp,
  };
  const isHeld = state.isHeld && left.bytes >= state.messageBytes;
  const actions: SyncAction[] = [{ type: "send", message }];
  if (state.isHeld && !isHeld) actions.push({ type: "go" });
  return {
    state: {
      ...state,
      pending: { ...left, end: now.end ?? left.end },
      isHeld,
      toldPosition: now.reached,
      claimed: now.end?.vector ?? state.claimed,
      unacknowledged: state.unacknowledged + 1,
      told: now.end ?? state.told,
    },
    actions,
  };
};
