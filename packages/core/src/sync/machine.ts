/** States, events and actions of the synchronisation of one namespace with one peer; namespace-sync.ts has the rules. */
import type { ReplicaId } from "../data/ids.ts";
import { dominates, type VersionVector } from "../data/version-vector.ts";
import type { MasqError } from "../errors.ts";
import type { MergeInput, ReceivedVersion } from "../replica/merge-plan.ts";
import type { ReplicaState, Row } from "../storage.ts";
import type {
  Ack,
  Entries,
  NamespaceOutgoing,
  Offer,
  Progress,
  Repair,
  Resume,
  Scan,
  ScanProgress,
  Snapshot,
} from "./messages.ts";

/** Rows that wait for their message, cut off from the cursor, and what else that message may say. */
export interface Pending {
  readonly commits: readonly (readonly Row[])[];
  readonly bytes: number;
  /** Arrival number the cursor has reached with them. */
  readonly reached: number;
  /** Our state when nothing lay beyond `reached`; undefined while more is to come. */
  readonly end: ReplicaState | undefined;
}

export interface PeerState {
  readonly replica: ReplicaId;
  /** The peer has at least this: its snapshots joined. */
  readonly vector: VersionVector;
  readonly snapshot: Snapshot;
}

export interface RepairState {
  /** Highest round begun by either side. */
  readonly round: number;
  /** Rounds we have sent. */
  readonly sent: number;
  /** Waiting for its time. */
  readonly isScheduled: boolean;
  /** Our own rows of this round are being sent, after this key. */
  readonly sending: { readonly after: string | undefined; readonly isReading: boolean } | undefined;
}

interface Common {
  /** Our newest durable state. */
  readonly own: ReplicaState;
  /** A message with rows ends after the commit that reaches this. */
  readonly messageBytes: number;
  /** What the peer was last told of ourselves. */
  readonly told: ReplicaState;
}

interface Met extends Common {
  readonly peer: PeerState;
  /** Our progress in the peer's stream, until it has been told. */
  readonly owesResume: { readonly progress: Progress | undefined } | undefined;
  /** Messages with rows that the peer has not acknowledged. */
  readonly unacknowledged: number;
  /** Messages with rows that are being stored. */
  readonly merging: number;
  /** Messages with rows that are durable and not acknowledged to the peer. */
  readonly taken: number;
  /** What is acknowledged of others has changed since the peer was told. */
  readonly owesOthers: boolean;
  /** Arrivals the peer still has for us, as it last said. */
  readonly toReceive: number;
  readonly isVerified: boolean;
  readonly repair: RepairState;
}

interface Following extends Met {
  readonly pending: Pending;
  /** The cursor waits until what is pending has been sent. */
  readonly isHeld: boolean;
  /** The vector of the last `caughtUp` sent. */
  readonly claimed: VersionVector;
  /** Position the peer was last told. */
  readonly toldPosition: number;
}

export interface Offering extends Common {
  readonly phase: "offering";
}
export interface Waiting extends Met {
  readonly phase: "waiting";
}
export interface Scanning extends Met {
  readonly phase: "scanning";
  readonly after: string | undefined;
  readonly start: number;
  readonly isReading: boolean;
  readonly sentRows: number;
}
export interface Streaming extends Following {
  readonly phase: "streaming";
}
export interface Live extends Following {
  readonly phase: "live";
}
export interface Ended {
  readonly phase: "ended";
}

export type MetState = Waiting | Scanning | Streaming | Live;
export type SyncState = Offering | MetState | Ended;
export type Phase = SyncState["phase"];

export type SyncEvent =
  /** The peer's offer, and our progress in its stream as we kept it. */
  | { readonly type: "offer"; readonly message: Offer; readonly progress: Progress | undefined }
  | { readonly type: "resume"; readonly message: Resume }
  | { readonly type: "entries"; readonly message: Entries<ReceivedVersion> }
  | { readonly type: "scan"; readonly message: Scan<ReceivedVersion> }
  | { readonly type: "ack"; readonly message: Ack }
  | { readonly type: "repair"; readonly message: Repair<ReceivedVersion> }
  /** A merge we asked for is durable. */
  | { readonly type: "merged"; readonly state: ReplicaState }
  /** Our replica has changed, whoever did it. */
  | { readonly type: "changed"; readonly state: ReplicaState }
  /** What other replicas have acknowledged has changed. */
  | { readonly type: "others" }
  /** What the cursor hands on; `end` as in Pending. */
  | {
      readonly type: "followed";
      readonly commits: readonly (readonly Row[])[];
      readonly reached: number;
      readonly end: ReplicaState | undefined;
    }
  /** The page of keys asked for; `vector` is ours, read before it. */
  | {
      readonly type: "scanned";
      readonly rows: readonly Row[];
      readonly last: string | undefined;
    }
  | {
      readonly type: "repairRead";
      readonly vector: VersionVector;
      readonly rows: readonly Row[];
      readonly last: string | undefined;
    }
  /** There is room for one message. */
  | { readonly type: "turn" }
  /** The time asked for has passed. */
  | { readonly type: "timer" };

export type EventOf<Type extends SyncEvent["type"]> = Extract<SyncEvent, { readonly type: Type }>;

export type SyncAction =
  | { readonly type: "send"; readonly message: NamespaceOutgoing }
  /** Read a page of keys and answer with `scanned`; the turn goes on until then. */
  | { readonly type: "readScan"; readonly after: string | undefined }
  | { readonly type: "readRepair"; readonly after: string | undefined }
  /** Put a cursor behind this arrival number; answer with `followed` as it moves. */
  | { readonly type: "follow"; readonly position: number }
  | { readonly type: "hold" }
  | { readonly type: "go" }
  /** Store this, with our progress in the peer's stream in the same transaction; answer with `merged`. */
  | {
      readonly type: "merge";
      readonly input: MergeInput;
      readonly progress: Progress | undefined;
    }
  /** The peer holds this durably. */
  | {
      readonly type: "acknowledged";
      readonly vector: VersionVector;
      readonly others: ReadonlyMap<ReplicaId, VersionVector>;
    }
  | { readonly type: "wait"; readonly delayMs: number }
  /** Vectors agree and contents do not: worth a line in the log and in the status. */
  | { readonly type: "mismatch" }
  /** The peer knows of more writes of ours than we do: our disk was put back. Precedes the end. */
  | { readonly type: "outrun" }
  | { readonly type: "end"; readonly error: MasqError };

export interface Transition {
  readonly state: SyncState;
  readonly actions: readonly SyncAction[];
}

export type { ScanProgress };

export const isClean = (state: Pick<ReplicaState, "vector" | "held">): boolean =>
  dominates(state.vector, state.held);

export const snapshotOf = (state: ReplicaState): Snapshot => ({
  vector: state.vector,
  digest: state.digest,
  isClean: isClean(state),
});
