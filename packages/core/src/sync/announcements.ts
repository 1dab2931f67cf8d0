/**
 * The announcements of one namespace in one circle. No device may have more than its part of them: the table is full one
 * day, and then no new device could come in.
 */
import { compareBytes, toHex } from "../bytes/bytes.ts";
import type { ReplicaId } from "../data/ids.ts";
import { MAX_OWN_REPLICAS, MAX_REPLICAS, MAX_VOUCHED_REPLICAS } from "./limits.ts";
import type { Announcement } from "./messages.ts";

/** Who has announced, and whether as its own. */
const partOf = ({ device, isVouched }: Announcement): string => `${toHex(device)}/${isVouched}`;

export class Announcements {
  readonly #byReplica = new Map<ReplicaId, Announcement>();
  readonly #countByPart = new Map<string, number>();

  get size(): number {
    return this.#byReplica.size;
  }

  /** In the order they became known. */
  get all(): readonly Announcement[] {
    return [...this.#byReplica.values()];
  }

  get replicas(): Iterable<ReplicaId> {
    return this.#byReplica.keys();
  }

  has(replica: ReplicaId): boolean {
    return this.#byReplica.has(replica);
  }

  /** Whether it says more than what is known: a device's own word says more than another's for it. */
  isNews({ replica, isVouched }: Announcement): boolean {
    const known = this.#byReplica.get(replica);
    return known === undefined || (known.isVouched && !isVouched);
  }

  /**
   * Whether there is room for one that is news, from this device. What another passes on has been counted there: one who
   * tells each of us of others would otherwise part us.
   */
  hasRoomFor(announcement: Announcement, from: Uint8Array): boolean {
    const isFull = this.#byReplica.size >= MAX_REPLICAS && !this.has(announcement.replica);
    if (compareBytes(announcement.device, from) !== 0) return !isFull;
    const most = announcement.isVouched ? MAX_VOUCHED_REPLICAS : MAX_OWN_REPLICAS;
    return !isFull && (this.#countByPart.get(partOf(announcement)) ?? 0) < most;
  }

  /** In place of what is known of the replica. */
  set(announcement: Announcement): void {
    const known = this.#byReplica.get(announcement.replica);
    if (known !== undefined) this.#count(known, -1);
    this.#byReplica.set(announcement.replica, announcement);
    this.#count(announcement, 1);
  }

  #count(announcement: Announcement, change: number): void {
    const part = partOf(announcement);
    this.#countByPart.set(part, (this.#countByPart.get(part) ?? 0) + change);
  }
}
