/**
 * How two replicas of one namespace converge: a pure machine, one on each side. docs/sync.md shows its states and says why
 * each rule is as it is. `step` never does anything itself: peer-sync.ts carries out the actions.
 */
import { EMPTY_VECTOR, dominates } from "../data/version-vector.ts";
import type { ReplicaState } from "../storage.ts";
import type { Portions } from "./limits.ts";
import {
  snapshotOf,
  type EventOf,
  type Live,
  type MetState,
  type Offering,
  type Phase,
  type Streaming,
  type SyncAction,
  type SyncEvent,
  type SyncState,
  type Transition,
} from "./machine.ts";
import type { Progress, ScanProgress } from "./messages.ts";
import {
  claimsTooMuch,
  outrun,
  end,
  settle,
  takeAck,
  takeEntries,
  takeRepair,
  takeScan,
} from "./receiving.ts";
import {
  addPending,
  hasRows,
  lackedBy,
  mayJump,
  nothingPending,
  owesAck,
  sendEntries,
} from "./sending.ts";
import { startRepair } from "./verification.ts";

type StateOf<P extends Phase> = Extract<SyncState, { readonly phase: P }>;
type Cell<P extends Phase, Type extends SyncEvent["type"]> = (
  state: StateOf<P>,
  event: EventOf<Type>,
) => Transition;
/** Every event has an answer in every phase: a missing one does not compile. */
export type Table = {
  readonly [P in Phase]: { readonly [Type in SyncEvent["type"]]: Cell<P, Type> };
};

/** The state before anything has come; the caller sends our offer. */
export const offering = (own: ReplicaState, { messageBytes }: Portions): Offering => ({
  phase: "offering",
  messageBytes,
  own,
  told: own,
});

const stay = (state: SyncState): Transition => ({ state, actions: [] });

const refuse = (): Transition => end("a message out of turn");

/** The newer of two states of our replica: they may reach us in another order than they were made. */
const newer = (a: ReplicaState, b: ReplicaState): ReplicaState =>
  b.arrival > a.arrival || (b.arrival === a.arrival && dominates(b.vector, a.vector)) ? b : a;

const meet: Cell<"offering", "offer"> = (state, { message, progress }) => {
  const { replica, snapshot } = message;
  if (replica === state.own.replica) return end("our own replica id");
  if (claimsTooMuch(state, snapshot)) return outrun();
  const { vector } = snapshot;
  const met: MetState = {
    ...state,
    phase: "waiting",
    peer: { replica, vector, snapshot },
    owesResume: { progress },
    unacknowledged: 0,
    merging: 0,
    taken: 0,
    owesOthers: true,
    toReceive: 0,
    isVerified: false,
    repair: { round: 0, sent: 0, isScheduled: false, sending: undefined },
  };
  return settle(met, [{ type: "acknowledged", vector, others: new Map() }]);
};

const follow = (state: MetState, position: number, toldPosition: number): Transition => ({
  state: {
    ...metPart(state),
    phase: "streaming",
    pending: nothingPending(position),
    isHeld: false,
    claimed: EMPTY_VECTOR,
    toldPosition,
  },
  actions: [{ type: "follow", position }],
});

/** The fields every phase after the offers has. */
const metPart = ({
  messageBytes,
  own,
  told,
  peer,
  owesResume,
  unacknowledged,
  merging,
  taken,
  owesOthers,
  toReceive,
  isVerified,
  repair,
}: MetState): Omit<MetState, "phase"> => ({
  messageBytes,
  own,
  told,
  peer,
  owesResume,
  unacknowledged,
  merging,
  taken,
  owesOthers,
  toReceive,
  isVerified,
  repair,
});

const isScan = (progress: Progress | undefined): progress is ScanProgress =>
  typeof progress === "object";

const begin: Cell<"waiting", "resume"> = (state, { message: { progress } }) => {
  const { own, peer } = state;
  const position = isScan(progress) ? progress.start : (progress ?? 0);
  if (position > own.arrival) return outrun("a position we have not reached");
  if (mayJump(own, peer)) return follow(state, own.arrival, isScan(progress) ? 0 : position);
  const isEmpty = [...peer.vector.keys()].every((replica) => replica === peer.replica);
  if (!isScan(progress) && (progress !== undefined || !isEmpty || own.arrival === 0)) {
    return follow(state, position, position);
  }
  const after = isScan(progress) ? progress.key : undefined;
  const start = isScan(progress) ? position : own.arrival;
  return stay({ ...state, phase: "scanning", after, start, isReading: false, sentRows: 0 });
};

const merged = (state: MetState, event: EventOf<"merged">): Transition =>
  settle({
    ...state,
    own: newer(state.own, event.state),
    merging: state.merging - 1,
    taken: state.taken + 1,
  });

const changed = (state: MetState, event: EventOf<"changed">): Transition =>
  settle({ ...state, own: newer(state.own, event.state) });

const others = (state: MetState): Transition => stay({ ...state, owesOthers: true });

/** What the cursor hands on waits for its message; when that is full the cursor waits too. */
const gather = (state: Streaming | Live, event: EventOf<"followed">): Transition => {
  const { commits, reached, end: endState } = event;
  const pending = addPending(state.pending, lackedBy(state.peer, commits), reached, endState);
  const isHeld = pending.bytes >= state.messageBytes;
  const own = endState === undefined ? state.own : newer(state.own, endState);
  const phase = endState === undefined ? "streaming" : "live";
  return settle(
    { ...state, own, phase, pending, isHeld },
    isHeld && !state.isHeld ? [{ type: "hold" }] : [],
  );
};

const scanned: Cell<"scanning", "scanned"> = (state, { rows, last }) => {
  const { start, own, peer } = state;
  const sentRows = state.sentRows + rows.length;
  const remaining = Math.max(0, own.entries + own.tombstones - sentRows);
  // Only rows the peer may lack; if it has all of a key the key is not needed either.
  const lacked = lackedBy(peer, [rows]).flat();
  const send: SyncAction = {
    type: "send",
    message: { type: "scan", number: 0, start, last, remaining, rows: lacked },
  };
  const unacknowledged = state.unacknowledged + 1;
  if (last !== undefined) {
    const next = { ...state, isReading: false, after: last, sentRows, unacknowledged };
    return { state: next, actions: [send] };
  }
  const following = follow({ ...state, unacknowledged }, start, start);
  return { ...following, actions: [send, ...following.actions] };
};

const repairRead = (state: MetState, event: EventOf<"repairRead">): Transition => {
  const { repair } = state;
  if (repair.sending === undefined) return stay(state);
  const { vector, rows, last } = event;
  const { round } = repair;
  const isLast = last === undefined;
  const sending = isLast ? undefined : { after: last, isReading: false };
  return settle(
    { ...state, repair: { ...repair, sending }, unacknowledged: state.unacknowledged + 1 },
    [{ type: "send", message: { type: "repair", number: 0, round, vector, isLast, rows } }],
  );
};

/** The one message there is room for: what the peer waits for first. */
const turn = (state: MetState): Transition => {
  const { owesResume } = state;
  if (owesResume !== undefined) {
    const { progress } = owesResume;
    return {
      state: { ...state, owesResume: undefined },
      actions: [{ type: "send", message: { type: "resume", number: 0, progress } }],
    };
  }
  if (owesAck(state)) {
    const { own, taken } = state;
    const message = {
      type: "ack",
      number: 0,
      taken,
      snapshot: snapshotOf(own),
      others: new Map(),
    } as const;
    return {
      state: { ...state, taken: 0, owesOthers: false, told: own },
      actions: [{ type: "send", message }],
    };
  }
  if (!hasRows(state)) return stay(state);
  if (state.phase === "scanning" && !state.isReading) {
    return {
      state: { ...state, isReading: true },
      actions: [{ type: "readScan", after: state.after }],
    };
  }
  if ((state.phase === "streaming" || state.phase === "live") && hasEntriesNow(state)) {
    return sendEntries(state);
  }
  const { sending } = state.repair;
  if (sending === undefined || sending.isReading) return stay(state);
  const repair = { ...state.repair, sending: { ...sending, isReading: true } };
  return {
    state: { ...state, repair },
    actions: [{ type: "readRepair", after: sending.after }],
  };
};

const hasEntriesNow = (state: Streaming | Live): boolean =>
  hasRows({ ...state, repair: { ...state.repair, sending: undefined } });

const timer = (state: MetState): Transition => stay(startRepair(state));

/** Our own state before the peer's offer. */
const noteOwn = (state: Offering, event: EventOf<"changed">): Transition =>
  stay({ ...state, own: newer(state.own, event.state) });

const met = {
  offer: refuse,
  resume: refuse,
  entries: takeEntries,
  scan: takeScan,
  ack: takeAck,
  repair: takeRepair,
  merged,
  changed,
  others,
  followed: stay,
  scanned: stay,
  repairRead,
  turn,
  timer,
};

export const TABLE: Table = {
  offering: {
    offer: meet,
    resume: refuse,
    entries: refuse,
    scan: refuse,
    ack: refuse,
    repair: refuse,
    merged: stay,
    changed: noteOwn,
    others: stay,
    followed: stay,
    scanned: stay,
    repairRead: stay,
    turn: stay,
    timer: stay,
  },
  waiting: { ...met, resume: begin },
  scanning: { ...met, scanned },
  streaming: { ...met, followed: gather },
  live: { ...met, followed: gather },
  ended: {
    offer: stay,
    resume: stay,
    entries: stay,
    scan: stay,
    ack: stay,
    repair: stay,
    merged: stay,
    changed: stay,
    others: stay,
    followed: stay,
    scanned: stay,
    repairRead: stay,
    turn: stay,
    timer: stay,
  },
};

/** Pure: the same state and event always give the same. */
export const step = (state: SyncState, event: SyncEvent, table: Table = TABLE): Transition =>
  // The table is complete by its type; that a cell fits its own row and column is known to it alone.
  (table[state.phase][event.type] as (state: SyncState, event: SyncEvent) => Transition)(
    state,
    event,
  );

/** Whether a turn would bring a message, or the reading of one. */
export const wantsTurn = (state: SyncState): boolean =>
  state.phase !== "offering" &&
  state.phase !== "ended" &&
  (state.owesResume !== undefined || owesAck(state) || hasRows(state));
