/** What one side does with what comes: docs/sync.md, "Taking in". Pure functions over the machine's states. */
import { joinVectors } from "../data/version-vector.ts";
import { MasqError } from "../errors.ts";
import type { ReceivedVersion } from "../replica/merge-plan.ts";
import type { ReplicaState } from "../storage.ts";
import { WINDOW } from "./limits.ts";
import type { EventOf, MetState, SyncAction, Transition } from "./machine.ts";
import type { Progress, Snapshot } from "./messages.ts";
import { joinRepair, verify } from "./verification.ts";

export const end = (what: string): Transition => {
  const text = `The other device broke the rules of synchronisation (${what}). Nothing of this message was taken in.`;
  return {
    state: { phase: "ended" },
    actions: [{ type: "end", error: new MasqError("MASQ_MESSAGE_INVALID", text) }],
  };
};

/** The peer has had more of us than there is: it breaks the rules, or we have forgotten it. */
export const outrun = (what = "more of our writes than there are"): Transition => {
  const { state, actions } = end(what);
  return { state, actions: [{ type: "outrun" }, ...actions] };
};

export const settle = (state: MetState, actions: readonly SyncAction[] = []): Transition => {
  const verified = verify(state);
  return {
    state: verified.state,
    actions: verified.actions.length === 0 ? actions : [...actions, ...verified.actions],
  };
};

export const claimsTooMuch = (
  { own }: { readonly own: ReplicaState },
  { vector }: Pick<Snapshot, "vector">,
): boolean => (vector.get(own.replica) ?? 0) > own.counter;

/** What the peer says of itself raises what we need not send it. */
const learn = <State extends MetState>(state: State, snapshot: Snapshot): State => {
  const { peer } = state;
  const vector = joinVectors(peer.vector, snapshot.vector);
  return { ...state, peer: { ...peer, vector, snapshot } };
};

/** A message with rows: stored at once, a few under way, or the peer does not keep to the window. */
const takeIn = (
  state: MetState,
  input: Extract<SyncAction, { type: "merge" }>["input"],
  progress: Progress | undefined,
): Transition => {
  if (state.merging + state.taken >= WINDOW) return end("more messages than the window allows");
  const merging = state.merging + 1;
  return settle({ ...state, merging }, [{ type: "merge", input, progress }]);
};

export const takeEntries = (state: MetState, { message }: EventOf<"entries">): Transition => {
  const { commits, caughtUp, reached, remaining } = message;
  if (caughtUp === undefined) {
    return takeIn({ ...state, toReceive: remaining }, { commits }, reached);
  }
  if (claimsTooMuch(state, caughtUp)) return outrun();
  const learnt = learn({ ...state, toReceive: 0 }, caughtUp);
  const taken = takeIn(learnt, { commits, raise: caughtUp.vector }, reached);
  const acknowledged = {
    type: "acknowledged",
    vector: caughtUp.vector,
    others: new Map(),
  } as const;
  return { ...taken, actions: [acknowledged, ...taken.actions] };
};

/** The siblings of a key belong together; keys do not: a commit cannot come whole in the order of keys. */
const byKey = (rows: readonly ReceivedVersion[]): ReceivedVersion[][] => {
  const entries: ReceivedVersion[][] = [];
  for (const row of rows) {
    if (entries.at(-1)?.[0]?.key === row.key) entries.at(-1)?.push(row);
    else entries.push([row]);
  }
  return entries;
};

export const takeScan = (state: MetState, { message }: EventOf<"scan">): Transition => {
  const { start, last, remaining, rows } = message;
  const progress = last === undefined ? start : { key: last, start };
  const input = { commits: byKey(rows), isPage: true };
  return takeIn({ ...state, toReceive: remaining }, input, progress);
};

export const takeRepair = (state: MetState, { message }: EventOf<"repair">): Transition => {
  const { round, vector, rows } = message;
  const input = { commits: byKey(rows), repair: vector, isPage: true };
  return takeIn(joinRepair(state, round), input, undefined);
};

export const takeAck = (state: MetState, { message }: EventOf<"ack">): Transition => {
  const { taken, snapshot, others } = message;
  if (taken > state.unacknowledged) return end("an acknowledgement of nothing");
  const claims = [snapshot.vector, ...others.values()];
  if (claims.some((vector) => claimsTooMuch(state, { vector }))) {
    return outrun();
  }
  const unacknowledged = state.unacknowledged - taken;
  return settle({ ...learn(state, snapshot), unacknowledged }, [
    { type: "acknowledged", vector: snapshot.vector, others },
  ]);
};
