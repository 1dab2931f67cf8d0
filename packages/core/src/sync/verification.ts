/** Whether both sides hold the same, and what to do if not: docs/sync.md, "Verification and repair". */
import { compareBytes } from "../bytes/bytes.ts";
import { equalVectors } from "../data/version-vector.ts";
import type { ReplicaState } from "../storage.ts";
import { MAX_REPAIRS } from "./limits.ts";
import { isClean, type MetState, type SyncAction } from "./machine.ts";
import type { Snapshot } from "./messages.ts";

const FIRST_DELAY_MS = 1000;
/** Replicas that hold what nobody claims may differ for a while without being damaged. */
const UNCLEAN_DELAY_MS = 60_000;

export type Comparison = "equal" | "different" | "apart";

/** Only snapshots of one vector can be compared. */
export const compareSnapshots = (
  own: Pick<ReplicaState, "vector" | "digest">,
  peer: Snapshot,
): Comparison => {
  if (!equalVectors(own.vector, peer.vector)) return "apart";
  return compareBytes(own.digest, peer.digest) === 0 ? "equal" : "different";
};

/** Follows every change of either side: notes that both agree, or sets a time for a repair. */
export const verify = <State extends MetState>(
  state: State,
): { readonly state: State; readonly actions: readonly SyncAction[] } => {
  const { own, peer, repair } = state;
  const comparison = compareSnapshots(own, peer.snapshot);
  const isVerified = comparison === "equal";
  const next = state.isVerified === isVerified ? state : { ...state, isVerified };
  const isBusy = repair.isScheduled || repair.sending !== undefined;
  if (comparison !== "different" || isBusy || repair.sent >= MAX_REPAIRS) {
    return { state: next, actions: [] };
  }
  const base = isClean(own) && peer.snapshot.isClean ? FIRST_DELAY_MS : UNCLEAN_DELAY_MS;
  return {
    state: { ...next, repair: { ...repair, isScheduled: true } },
    actions: [{ type: "mismatch" }, { type: "wait", delayMs: base * 2 ** repair.sent }],
  };
};

/** The time has come: repair if it is still needed. */
export const startRepair = <State extends MetState>(state: State): State => {
  const { own, peer, repair } = state;
  if (compareSnapshots(own, peer.snapshot) !== "different") {
    return { ...state, repair: { ...repair, isScheduled: false } };
  }
  return joinRepair(state, repair.round + 1);
};

/** Sends our side of a round that we have not sent yet. */
export const joinRepair = <State extends MetState>(state: State, round: number): State => {
  const { repair } = state;
  if (round <= repair.round || repair.sent >= MAX_REPAIRS) return state;
  return {
    ...state,
    repair: {
      round,
      sent: repair.sent + 1,
      isScheduled: false,
      sending: { after: undefined, isReading: false },
    },
  };
};
