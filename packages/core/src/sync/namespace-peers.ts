/**
 * How far each peer's stream of a namespace has been taken, and what every replica is known to hold durably: the same
 * for all circles in which the namespace is shared. Kept as notes `peer/<replica id>` = [1, progress, vector].
 */
import { encode } from "cborg";
import { decodeOne } from "../bytes/cbor.ts";
import type { ReplicaId } from "../data/ids.ts";
import { isReplicaId } from "../data/replica-ids.ts";
import {
  dominates,
  EMPTY_VECTOR,
  joinVectors,
  type VersionVector,
} from "../data/version-vector.ts";
import type { Replica } from "../replica/replica.ts";
import { readProgress, readVector } from "./decode.ts";
import { progressItem, vectorItem, type Progress } from "./messages.ts";

const PREFIX = "peer/";
const FORMAT = 1;

export type Note = readonly [name: string, value: Uint8Array];

interface Peer {
  progress: Progress | undefined;
  vector: VersionVector;
  /** Its note says less than this. */
  isDirty: boolean;
}

export class NamespacePeers {
  readonly replica: Replica;
  readonly #peers = new Map<ReplicaId, Peer>();
  readonly #listeners = new Set<(replica: ReplicaId) => void>();

  private constructor(replica: Replica) {
    this.replica = replica;
  }

  static async open(replica: Replica): Promise<NamespacePeers> {
    const peers = new NamespacePeers(replica);
    for (const [name, note] of await replica.notes(PREFIX)) {
      peers.#load(name.slice(PREFIX.length), note);
    }
    return peers;
  }

  progressOf(replica: ReplicaId): Progress | undefined {
    return this.#peers.get(replica)?.progress;
  }

  /** What has just been written in a note of `progressNote`. */
  progressed(replica: ReplicaId, progress: Progress): void {
    this.#peer(replica).progress = progress;
  }

  /** To be written together with what the progress counts. */
  progressNote(replica: ReplicaId, progress: Progress | undefined): Note {
    const peer = this.#peer(replica);
    return noteOf(replica, { ...peer, progress: progress ?? peer.progress });
  }

  acknowledged(): Map<ReplicaId, VersionVector> {
    return new Map(Array.from(this.#peers, ([replica, { vector }]) => [replica, vector]));
  }

  /** Calls `listener` with each replica that is known to hold more than before. The returned function ends that. */
  onAcknowledged(listener: (replica: ReplicaId) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  acknowledge(vectors: Iterable<readonly [ReplicaId, VersionVector]>): void {
    for (const [replica, vector] of vectors) {
      const peer = this.#peer(replica);
      if (replica === this.replica.id || dominates(peer.vector, vector)) continue;
      peer.vector = joinVectors(peer.vector, vector);
      peer.isDirty = true;
      for (const listener of this.#listeners) listener(replica);
    }
  }

  /** What is known and not kept yet, which counts as kept from now on. */
  takeNotes(): Note[] {
    const dirty = [...this.#peers].filter(([, { isDirty }]) => isDirty);
    for (const [, peer] of dirty) peer.isDirty = false;
    return dirty.map(([replica, peer]) => noteOf(replica, peer));
  }

  #peer(replica: ReplicaId): Peer {
    let peer = this.#peers.get(replica);
    if (peer === undefined) {
      peer = { progress: undefined, vector: EMPTY_VECTOR, isDirty: false };
      if (replica !== this.replica.id) this.#peers.set(replica, peer);
    }
    return peer;
  }

  #load(replica: string, note: Uint8Array): void {
    if (!isReplicaId(replica)) return;
    try {
      const [format, progress, vector] = decodeOne(note, {}) as unknown[];
      if (format !== FORMAT) return;
      const peer = { progress: readProgress(progress), vector: readVector(vector), isDirty: false };
      this.#peers.set(replica, peer);
    } catch {
      // Forgotten progress costs time, nothing else.
    }
  }
}

const noteOf = (replica: ReplicaId, { progress, vector }: Omit<Peer, "isDirty">): Note => [
  PREFIX + replica,
  encode([FORMAT, progressItem(progress), vectorItem(vector)]),
];
