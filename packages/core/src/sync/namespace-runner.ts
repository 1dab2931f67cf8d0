/** Carries out the actions of one namespace's machine towards one peer: reads, stores, follows; tells peer-sync.ts when it wants to send. */
import type { ReplicaId } from "../data/ids.ts";
import type { VersionVector } from "../data/version-vector.ts";
import { toMasqError } from "../defects.ts";
import type { MasqError } from "../errors.ts";
import type { Clock } from "../host.ts";
import { followCommits, type Cursor } from "../replica/cursor.ts";
import type { ReceivedVersion } from "../replica/merge-plan.ts";
import type { Replica } from "../replica/replica.ts";
import { groupCommits } from "../replica/row-pages.ts";
import type { ReplicaState, Row } from "../storage.ts";
import { invalid } from "./decode.ts";
import type { Portions } from "./limits.ts";
import { snapshotOf, type SyncAction, type SyncEvent, type SyncState } from "./machine.ts";
import type { Announce, NamespaceMessage, NamespaceOutgoing, Offer } from "./messages.ts";
import { offering, step, TABLE, wantsTurn, type Table } from "./namespace-sync.ts";
import type { SyncNamespace } from "./sync-namespace.ts";

export interface NamespaceStatus {
  /** Versions here that the peer has not acknowledged, about; undefined before both have met. */
  readonly toSend: number | undefined;
  readonly toReceive: number | undefined;
  /** Since when both are known to hold the same, in wall time; undefined while they are not. */
  readonly verifiedSince: number | undefined;
  /** Both know the same writes and hold something different: a repair is on its way or was given up. */
  readonly isMismatched: boolean;
}

export interface RunnerOptions {
  readonly clock: Clock;
  readonly peerDevice: Uint8Array;
  /** Our number of the namespace in this session. */
  readonly number: number;
  readonly send: (message: NamespaceOutgoing) => void;
  /** There may be something to send, or a turn is over. */
  readonly changed: () => void;
  readonly failed: (error: MasqError) => void;
  /** Damage found: one dot with two values, kept as siblings. */
  readonly rewritten: (count: number) => void;
  /** The peer knows of more writes of ours than we do; the session fails next. */
  readonly outrun: () => void;
  readonly portions: Portions;
  /** For tests of the rules: another table of transitions. */
  readonly table?: Table;
}

export class NamespaceRunner {
  readonly #namespace: SyncNamespace;
  readonly #replica: Replica;
  readonly #options: RunnerOptions;
  readonly #ends: (() => void)[] = [];
  readonly #toldOthers = new Map<ReplicaId, VersionVector>();
  #state: SyncState;
  #cursor: Cursor | undefined;
  #cancelTimer: (() => void) | undefined;
  #toldAnnouncements = 0;
  /** Within a turn that waits for the storage. */
  #isReading = false;
  #verifiedSince: number | undefined;
  #isMismatched = false;

  constructor(namespace: SyncNamespace, own: ReplicaState, options: RunnerOptions) {
    this.#namespace = namespace;
    this.#replica = namespace.replica;
    this.#options = options;
    this.#state = offering(own, options.portions);
    this.#ends.push(
      this.#replica.onCommit(({ state }) => {
        if (state !== undefined) this.#handle({ type: "changed", state });
      }),
      namespace.onAcknowledged((replica) => {
        if (replica !== this.#peerId()) this.#handle({ type: "others" });
      }),
    );
    this.#toldAnnouncements = namespace.announcedCount;
    options.send({
      type: "offer",
      number: options.number,
      namespace: this.#replica.namespace,
      replica: this.#replica.id,
      announcements: namespace.announcements,
      snapshot: snapshotOf(own),
    });
  }

  get wantsTurn(): boolean {
    return !this.#isReading && wantsTurn(this.#state);
  }

  get isReading(): boolean {
    return this.#isReading;
  }

  /** The peer is to say where it is, or to acknowledge rows. */
  get awaitsAnswer(): boolean {
    const state = this.#state;
    return state.phase === "waiting" || ("unacknowledged" in state && state.unacknowledged > 0);
  }

  get status(): NamespaceStatus {
    const state = this.#state;
    const verifiedSince = this.#verifiedSince;
    if (state.phase === "offering" || state.phase === "ended") {
      return { toSend: undefined, toReceive: undefined, verifiedSince, isMismatched: false };
    }
    const sent = "toldPosition" in state ? state.toldPosition : 0;
    const isAllSent = "pending" in state && state.phase === "live" && state.unacknowledged === 0;
    const toSend = isAllSent ? 0 : Math.max(1, state.own.arrival - sent);
    const toReceive = state.toReceive + state.merging;
    return { toSend, toReceive, verifiedSince, isMismatched: this.#isMismatched };
  }

  /** Lets one message out, at once or as soon as it is read. */
  turn(): void {
    this.#handle({ type: "turn" });
  }

  /** Throws MASQ_MESSAGE_INVALID for a message that names a replica nobody has announced. */
  receive(message: NamespaceMessage): void {
    if (message.type === "announce" || message.type === "offer") this.#announce(message);
    if (message.type === "announce") return;
    this.#checkMessage(message);
    if (message.type === "offer") {
      const progress = this.#namespace.progressOf(message.replica);
      this.#handle({ type: "offer", message, progress });
    } else {
      this.#handle({ type: message.type, message } as SyncEvent);
    }
  }

  close(): void {
    this.#state = { phase: "ended" };
    this.#cursor?.close();
    this.#cancelTimer?.();
    for (const end of this.#ends.splice(0)) end();
  }

  #announce({ announcements }: Announce | Offer): void {
    this.#namespace.announce(announcements, this.#options.peerDevice);
  }

  #checkMessage(message: Exclude<NamespaceMessage, Announce>): void {
    switch (message.type) {
      case "offer":
        this.#checkReplica(message.replica);
        this.#checkVector(message.snapshot.vector);
        break;
      case "entries":
        if (message.caughtUp !== undefined) this.#checkVector(message.caughtUp.vector);
        for (const versions of message.commits) this.#checkVersions(versions);
        break;
      case "scan":
        this.#checkVersions(message.rows);
        break;
      case "repair":
        this.#checkVector(message.vector);
        this.#checkVersions(message.rows);
        break;
      case "ack":
        this.#checkVector(message.snapshot.vector);
        for (const [replica, vector] of message.others) {
          this.#checkReplica(replica);
          this.#checkVector(vector);
        }
        break;
      case "resume":
        break;
    }
  }

  #checkVersions(versions: readonly ReceivedVersion[]): void {
    for (const { dot, context } of versions) {
      this.#checkReplica(dot.replica);
      this.#checkReplicas(context.keys());
    }
  }

  #checkVector(vector: VersionVector): void {
    this.#checkReplicas(vector.keys());
  }

  #checkReplicas(replicas: Iterable<ReplicaId>): void {
    for (const replica of replicas) this.#checkReplica(replica);
  }

  #checkReplica(replica: ReplicaId): void {
    if (!this.#namespace.isAnnounced(replica)) invalid("a replica nobody announced");
  }

  #handle(event: SyncEvent): void {
    const { state, actions } = step(this.#state, event, this.#options.table ?? TABLE);
    this.#state = state;
    for (const action of actions) this.#perform(action);
    const isVerified = "isVerified" in state && state.isVerified;
    if (!isVerified) this.#verifiedSince = undefined;
    else {
      this.#verifiedSince ??= this.#options.clock.now();
      this.#isMismatched = false;
    }
    this.#options.changed();
  }

  #perform(action: SyncAction): void {
    switch (action.type) {
      case "send":
        this.#send(action.message);
        break;
      case "readScan":
        this.#read(async () => {
          const { rows, last } = await this.#replica.scan(
            action.after,
            this.#options.portions.page,
          );
          return { type: "scanned", rows, last };
        });
        break;
      case "readRepair":
        this.#read(async () => {
          // Before the rows: they are then at least as new as it.
          const { vector } = await this.#replica.state();
          const { rows, last } = await this.#replica.scan(
            action.after,
            this.#options.portions.page,
          );
          return { type: "repairRead", vector, rows, last };
        });
        break;
      case "follow":
        this.#follow(action.position);
        break;
      case "hold":
        this.#cursor?.pause();
        break;
      case "go":
        this.#cursor?.resume();
        break;
      case "merge":
        this.#merge(action);
        break;
      case "acknowledged": {
        const peer = this.#peerId();
        if (peer !== undefined) {
          this.#namespace.acknowledge([[peer, action.vector], ...action.others]);
        }
        break;
      }
      case "wait":
        this.#cancelTimer?.();
        this.#cancelTimer = this.#options.clock.setTimer(action.delayMs, () =>
          this.#handle({ type: "timer" }),
        );
        break;
      case "mismatch":
        this.#isMismatched = true;
        break;
      case "outrun":
        this.#options.outrun();
        break;
      case "end":
        this.#options.failed(action.error);
        break;
    }
  }

  #peerId(): ReplicaId | undefined {
    return "peer" in this.#state ? this.#state.peer.replica : undefined;
  }

  #send(message: NamespaceOutgoing): void {
    const { number, send } = this.#options;
    const { announcedCount } = this.#namespace;
    if (announcedCount > this.#toldAnnouncements) {
      // Before whatever may name them.
      const fresh = this.#namespace.announcements.slice(this.#toldAnnouncements);
      this.#toldAnnouncements = announcedCount;
      send({ type: "announce", number, announcements: fresh });
    }
    if (message.type === "ack") send({ ...message, number, others: this.#freshOthers() });
    else send({ ...message, number });
  }

  /** What is acknowledged by others and the peer was not told yet. */
  #freshOthers(): Map<ReplicaId, VersionVector> {
    const fresh = new Map<ReplicaId, VersionVector>();
    for (const [replica, vector] of this.#namespace.acknowledged()) {
      const isTold = this.#toldOthers.get(replica) === vector;
      if (isTold || replica === this.#peerId() || !this.#namespace.isAnnounced(replica)) continue;
      this.#toldOthers.set(replica, vector);
      fresh.set(replica, vector);
    }
    return fresh;
  }

  #read(read: () => Promise<SyncEvent>): void {
    this.#isReading = true;
    read().then(
      (event) => {
        this.#isReading = false;
        this.#handle(event);
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #merge({ input, progress }: Extract<SyncAction, { type: "merge" }>): void {
    const peer = this.#peerId();
    if (peer === undefined) return;
    this.#namespace.merge(peer, input, progress).then(
      ({ state, rewritten }) => {
        if (rewritten > 0) this.#options.rewritten(rewritten);
        this.#handle({ type: "merged", state });
      },
      (error: unknown) => {
        if (this.#state.phase === "ended") return;
        // What came is well-formed: only of our own writes can it claim too much.
        if (toMasqError(error).code === "MASQ_MESSAGE_INVALID") this.#options.outrun();
        this.#fail(error);
      },
    );
  }

  #fail(error: unknown): void {
    if (this.#state.phase !== "ended") this.#options.failed(toMasqError(error));
  }

  #follow(position: number): void {
    interface Items {
      readonly commits: readonly (readonly Row[])[];
      readonly end: ReplicaState | undefined;
    }
    const { page } = this.#options.portions;
    /** The last page was the end: from there commits may be taken as they are told of. */
    let isAtEnd = false;
    this.#cursor = followCommits<Items>(this.#replica, {
      position,
      isBehind: true,
      read: async (after) => {
        const { commits, reached, state } = await this.#replica.rowsAfter(after, page);
        isAtEnd = state !== undefined;
        return { position: reached, items: { commits, end: state }, isPartial: !isAtEnd };
      },
      take: ({ rows, state }) => {
        if (!isAtEnd) return undefined;
        const sorted = rows.length > 1 ? rows.toSorted((a, b) => a.arrival - b.arrival) : rows;
        return { commits: groupCommits(sorted), end: state };
      },
      deliver: ({ position: reached, items: { commits, end } }) =>
        this.#handle({ type: "followed", commits, reached, end }),
      failed: (error) => this.#fail(error),
    });
  }
}
