/**
 * What all sessions of a device in one circle share of a namespace: its replica, its peers, and the announcements of
 * replica ids. Announcements are kept as notes of the namespace, `replica/<replica id>` (or behind the circle's own
 * prefix) = [1, device, signature, is vouched].
 */
import { encode } from "cborg";
import { decodeOne } from "../bytes/cbor.ts";
import type { ReplicaId } from "../data/ids.ts";
import { isReplicaId } from "../data/replica-ids.ts";
import type { VersionVector } from "../data/version-vector.ts";
import type { MergeInput } from "../replica/merge-plan.ts";
import type { Merged, Replica } from "../replica/replica.ts";
import { Announcements } from "./announcements.ts";
import { invalid } from "./decode.ts";
import { DEVICE_BYTES, SIGNATURE_BYTES, type Announcement, type Progress } from "./messages.ts";
import { NamespacePeers, type Note } from "./namespace-peers.ts";

const NOTE_PREFIX = "replica/";
const FORMAT = 1;

export interface SyncNamespaceOptions {
  /** Our device, 32 bytes. */
  readonly device: Uint8Array;
  /** Its word that a replica is its own. */
  readonly own: (replica: ReplicaId) => Announcement;
  /** Whether that device has said so, and may. */
  readonly verify: (announcement: Announcement) => boolean;
  /** The same object for all circles in which the namespace is shared. Default: this is the only one. */
  readonly peers?: NamespacePeers;
  /** Of the notes; another one for each circle. Default: `replica/`. */
  readonly notePrefix?: string;
  /** Our device's word for a replica that it knows from another circle. */
  readonly vouch?: (replica: ReplicaId) => Announcement;
}

export class SyncNamespace {
  readonly replica: Replica;
  /** Our own, 32 bytes. */
  readonly device: Uint8Array;
  readonly #options: SyncNamespaceOptions;
  readonly #peers: NamespacePeers;
  readonly #notePrefix: string;
  readonly #announcements = new Announcements();
  readonly #unsaved = new Map<ReplicaId, Announcement>();
  readonly #elsewhere = new Set<SyncNamespace>();

  private constructor(peers: NamespacePeers, options: SyncNamespaceOptions) {
    this.replica = peers.replica;
    this.device = options.device;
    this.#options = options;
    this.#peers = peers;
    this.#notePrefix = options.notePrefix ?? NOTE_PREFIX;
    this.#announceOwn(this.replica.id);
    this.replica.onSucceeded(() => this.#announceOwn(this.replica.id));
  }

  static async open(replica: Replica, options: SyncNamespaceOptions): Promise<SyncNamespace> {
    const peers = options.peers ?? (await NamespacePeers.open(replica));
    const namespace = new SyncNamespace(peers, options);
    const prefix = namespace.#notePrefix;
    for (const [name, note] of await replica.notes(prefix)) {
      namespace.#load(name.slice(prefix.length), note);
    }
    // Behind the notes: our own word counts before what another circle's part of us vouched for.
    for (const id of [replica.id, ...(await replica.formerIds())]) namespace.#announceOwn(id);
    return namespace;
  }

  /** In the order they became known: a session that has told some has only to tell those behind. */
  get announcements(): readonly Announcement[] {
    return this.#announcements.all;
  }

  get announcedCount(): number {
    return this.#announcements.size;
  }

  isAnnounced(replica: ReplicaId): boolean {
    return this.#announcements.has(replica);
  }

  /**
   * Takes in what the device `from` says or passes on. Throws MASQ_MESSAGE_INVALID for one that its device has not made, or
   * may not.
   */
  announce(announcements: readonly Announcement[], from: Uint8Array): void {
    for (const announcement of announcements) {
      if (!this.#announcements.isNews(announcement)) continue;
      if (!this.#announcements.hasRoomFor(announcement, from)) invalid("too many replicas");
      if (!this.#options.verify(announcement)) invalid("an announcement");
      this.#add(announcement);
    }
  }

  /** Vouches in each of two circles for the replicas of the other, now and from now on. */
  join(other: SyncNamespace): void {
    this.#elsewhere.add(other);
    other.#elsewhere.add(this);
    for (const replica of this.#announcements.replicas) other.#learn(replica);
    for (const replica of other.#announcements.replicas) this.#learn(replica);
  }

  progressOf(replica: ReplicaId): Progress | undefined {
    return this.#peers.progressOf(replica);
  }

  /** What each other replica is known to hold durably. */
  acknowledged(): Map<ReplicaId, VersionVector> {
    return this.#peers.acknowledged();
  }

  /** Calls `listener` with each replica that is known to hold more than before. The returned function ends that. */
  onAcknowledged(listener: (replica: ReplicaId) => void): () => void {
    return this.#peers.onAcknowledged(listener);
  }

  acknowledge(vectors: Iterable<readonly [ReplicaId, VersionVector]>): void {
    this.#peers.acknowledge(vectors);
  }

  /** Stores what a peer sent; with it, in the same transaction, how far its stream is taken and what else is not kept yet. */
  async merge(from: ReplicaId, input: MergeInput, progress: Progress | undefined): Promise<Merged> {
    const merged = await this.#write(input, [this.#peers.progressNote(from, progress)]);
    if (!merged.isStale && progress !== undefined) this.#peers.progressed(from, progress);
    return merged;
  }

  /** Writes what is acknowledged and not kept yet; a loss of it only costs asking again. */
  async save(): Promise<void> {
    const notes = this.#peers.takeNotes();
    if (notes.length > 0 || this.#unsaved.size > 0) await this.#write({ commits: [] }, notes);
  }

  async #write(input: MergeInput, notes: readonly Note[]): Promise<Merged> {
    const unsaved = [...this.#unsaved];
    const all = [...notes, ...unsaved.map(([, announcement]) => this.#noteOf(announcement))];
    const merged = await this.replica.merge(input, all);
    if (!merged.isStale) for (const [replica] of unsaved) this.#unsaved.delete(replica);
    return merged;
  }

  #add(announcement: Announcement): void {
    this.#unsaved.set(announcement.replica, announcement);
    this.#know(announcement);
  }

  /** Not kept: our device can say it again. */
  #announceOwn(replica: ReplicaId): void {
    this.#know(this.#options.own(replica));
  }

  #know(announcement: Announcement): void {
    this.#announcements.set(announcement);
    for (const other of this.#elsewhere) other.#learn(announcement.replica);
  }

  /** A replica that is known in another circle. */
  #learn(replica: ReplicaId): void {
    if (this.#announcements.has(replica)) return;
    const announcement = this.#options.vouch?.(replica);
    if (announcement !== undefined && this.#announcements.hasRoomFor(announcement, this.device))
      this.#add(announcement);
  }

  #noteOf({ replica, device, signature, isVouched }: Announcement): Note {
    return [this.#notePrefix + replica, encode([FORMAT, device, signature, isVouched])];
  }

  #load(replica: string, note: Uint8Array): void {
    const [format, device, signature, isVouched] = fieldsOf(note);
    const isSound =
      format === FORMAT &&
      isReplicaId(replica) &&
      isBytes(device, DEVICE_BYTES) &&
      isBytes(signature, SIGNATURE_BYTES) &&
      typeof isVouched === "boolean";
    if (isSound) this.#announcements.set({ replica, device, signature, isVouched });
  }
}

const isBytes = (item: unknown, length: number): item is Uint8Array =>
  item instanceof Uint8Array && item.length === length;

const fieldsOf = (note: Uint8Array): readonly unknown[] => {
  try {
    const fields = decodeOne(note, {});
    return Array.isArray(fields) ? (fields as unknown[]) : [];
  } catch {
    return [];
  }
};
