/**
 * What all sessions of a device share of one namespace: its replica, the devices' announcements of replica ids, how far
 * each peer's stream has been taken, and what every replica is known to hold durably. Kept as notes of the namespace:
 * `peer/<replica id>` = [1, progress, vector], `replica/<replica id>` = [1, device, signature].
 */
import { encode } from "cborg";
import { decodeOne } from "../bytes/cbor.ts";
import { isReplicaId, type ReplicaId } from "../data/ids.ts";
import {
  dominates,
  EMPTY_VECTOR,
  joinVectors,
  type VersionVector,
} from "../data/version-vector.ts";
import type { MergeInput } from "../replica/merge-plan.ts";
import type { Merged, Replica } from "../replica/replica.ts";
import { invalid, readProgress, readVector } from "./decode.ts";
import { MAX_REPLICAS } from "./limits.ts";
import {
  DEVICE_BYTES,
  progressItem,
  SIGNATURE_BYTES,
  vectorItem,
  type Announcement,
  type Progress,
} from "./messages.ts";

const PEER_PREFIX = "peer/";
const REPLICA_PREFIX = "replica/";
const FORMAT = 1;

type Note = readonly [name: string, value: Uint8Array];

interface Peer {
  progress: Progress | undefined;
  vector: VersionVector;
  /** Its note says less than this. */
  isDirty: boolean;
}

export interface SyncNamespaceOptions {
  /** Our device's word that this replica is its own. */
  readonly own: Announcement;
  /** Whether that device has said so, and may. */
  readonly verify: (announcement: Announcement) => boolean;
}

export class SyncNamespace {
  readonly replica: Replica;
  /** Our own, 32 bytes. */
  readonly device: Uint8Array;
  readonly #verify: (announcement: Announcement) => boolean;
  readonly #announcements = new Map<ReplicaId, Announcement>();
  readonly #unsaved = new Map<ReplicaId, Announcement>();
  readonly #peers = new Map<ReplicaId, Peer>();
  readonly #listeners = new Set<(replica: ReplicaId) => void>();

  private constructor(replica: Replica, { own, verify }: SyncNamespaceOptions) {
    this.replica = replica;
    this.device = own.device;
    this.#verify = verify;
    this.#announcements.set(own.replica, own);
  }

  static async open(replica: Replica, options: SyncNamespaceOptions): Promise<SyncNamespace> {
    const namespace = new SyncNamespace(replica, options);
    for (const [name, note] of await replica.notes(REPLICA_PREFIX)) {
      namespace.#loadAnnouncement(name.slice(REPLICA_PREFIX.length), note);
    }
    for (const [name, note] of await replica.notes(PEER_PREFIX)) {
      namespace.#loadPeer(name.slice(PEER_PREFIX.length), note);
    }
    return namespace;
  }

  /** In the order they became known: a session that has told some has only to tell those behind. */
  get announcements(): readonly Announcement[] {
    return [...this.#announcements.values()];
  }

  get announcedCount(): number {
    return this.#announcements.size;
  }

  isAnnounced(replica: ReplicaId): boolean {
    return this.#announcements.has(replica);
  }

  /** Takes in what a peer passes on. Throws MASQ_MESSAGE_INVALID for one that its device has not made. */
  announce(announcements: readonly Announcement[]): void {
    for (const announcement of announcements) {
      const { replica } = announcement;
      if (this.#announcements.has(replica)) continue;
      if (this.#announcements.size >= MAX_REPLICAS) invalid("too many replicas");
      if (!this.#verify(announcement)) invalid("an announcement");
      this.#announcements.set(replica, announcement);
      this.#unsaved.set(replica, announcement);
    }
  }

  progressOf(replica: ReplicaId): Progress | undefined {
    return this.#peers.get(replica)?.progress;
  }

  /** What each other replica is known to hold durably. */
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

  /** Stores what a peer sent; with it, in the same transaction, how far its stream is taken and what else is not kept yet. */
  async merge(from: ReplicaId, input: MergeInput, progress: Progress | undefined): Promise<Merged> {
    const peer = this.#peer(from);
    const next = { ...peer, progress: progress ?? peer.progress };
    const merged = await this.#write(input, [peerNote(from, next)]);
    if (!merged.isStale && progress !== undefined) peer.progress = progress;
    return merged;
  }

  /** Writes what is acknowledged and not kept yet; a loss of it only costs asking again. */
  async save(): Promise<void> {
    const dirty = [...this.#peers].filter(([, { isDirty }]) => isDirty);
    if (dirty.length === 0 && this.#unsaved.size === 0) return;
    for (const [, peer] of dirty) peer.isDirty = false;
    await this.#write(
      { commits: [] },
      dirty.map(([replica, peer]) => peerNote(replica, peer)),
    );
  }

  async #write(input: MergeInput, notes: readonly Note[]): Promise<Merged> {
    const unsaved = [...this.#unsaved];
    const all = [...notes, ...unsaved.map(([, announcement]) => replicaNote(announcement))];
    const merged = await this.replica.merge(input, all);
    if (!merged.isStale) for (const [replica] of unsaved) this.#unsaved.delete(replica);
    return merged;
  }

  #peer(replica: ReplicaId): Peer {
    let peer = this.#peers.get(replica);
    if (peer === undefined) {
      peer = { progress: undefined, vector: EMPTY_VECTOR, isDirty: false };
      if (replica !== this.replica.id) this.#peers.set(replica, peer);
    }
    return peer;
  }

  #loadAnnouncement(replica: string, note: Uint8Array): void {
    const fields = readNote(note);
    const [, device, signature] = fields;
    if (!isReplicaId(replica) || !isBytes(device, DEVICE_BYTES)) return;
    if (!isBytes(signature, SIGNATURE_BYTES)) return;
    this.#announcements.set(replica, { replica, device, signature });
  }

  #loadPeer(replica: string, note: Uint8Array): void {
    if (!isReplicaId(replica)) return;
    try {
      const [, progress, vector] = readNote(note);
      const peer = { progress: readProgress(progress), vector: readVector(vector), isDirty: false };
      this.#peers.set(replica, peer);
    } catch {
      // Forgotten progress costs time, nothing else.
    }
  }
}

const isBytes = (item: unknown, length: number): item is Uint8Array =>
  item instanceof Uint8Array && item.length === length;

const readNote = (note: Uint8Array): readonly unknown[] => {
  try {
    const fields = decodeOne(note, {});
    return Array.isArray(fields) && fields[0] === FORMAT && fields.length === 3 ? fields : [];
  } catch {
    return [];
  }
};

const peerNote = (replica: ReplicaId, { progress, vector }: Omit<Peer, "isDirty">): Note => [
  PEER_PREFIX + replica,
  encode([FORMAT, progressItem(progress), vectorItem(vector)]),
];

const replicaNote = ({ replica, device, signature }: Announcement): Note => [
  REPLICA_PREFIX + replica,
  encode([FORMAT, device, signature]),
];
