/**
 * What is known of each member from meeting it, kept as notes: when it was last connected, and last known to hold the same,
 * both labels for people; and whether it is on this very computer.
 */
import { encode } from "cborg";
import { decodeOne } from "../bytes/cbor.ts";
import type { DeviceId, NamespaceId } from "../data/ids.ts";
import type { Clock } from "../host.ts";
import type { Storage } from "../storage.ts";

/** Wall times in milliseconds since 1970; undefined for never. */
export interface Seen {
  readonly lastSeen: number | undefined;
  readonly lastVerified: number | undefined;
  /** It was met at the relay of this computer's store: its data and the store's go together. */
  readonly isHere: boolean;
}

const PREFIX = "seen/";
const FORMAT = 1;
const NEVER: Seen = { lastSeen: undefined, lastVerified: undefined, isHere: false };

export class LastSeen {
  readonly #clock: Clock;
  readonly #storage: Storage;
  readonly #namespace: NamespaceId;
  readonly #seenByDevice = new Map<string, Seen>();

  private constructor(clock: Clock, storage: Storage, namespace: NamespaceId) {
    this.#clock = clock;
    this.#storage = storage;
    this.#namespace = namespace;
  }

  static async open(clock: Clock, storage: Storage, namespace: NamespaceId): Promise<LastSeen> {
    const lastSeen = new LastSeen(clock, storage, namespace);
    for (const [name, note] of await storage.notes(namespace, PREFIX)) {
      lastSeen.#seenByDevice.set(name.slice(PREFIX.length), readSeen(note));
    }
    return lastSeen;
  }

  of(device: DeviceId): Seen {
    return this.#seenByDevice.get(device) ?? NEVER;
  }

  met(device: DeviceId): void {
    this.#keep(device, { ...this.of(device), lastSeen: this.#clock.now() });
  }

  /** False if that was known. */
  metHere(device: DeviceId): boolean {
    const seen = this.of(device);
    if (!seen.isHere) this.#keep(device, { ...seen, isHere: true });
    return !seen.isHere;
  }

  left(device: DeviceId, wasVerified: boolean): void {
    const now = this.#clock.now();
    const { lastVerified, isHere } = this.of(device);
    this.#keep(device, { lastSeen: now, lastVerified: wasVerified ? now : lastVerified, isHere });
  }

  #keep(device: DeviceId, seen: Seen): void {
    this.#seenByDevice.set(device, seen);
    const { lastSeen = null, lastVerified = null, isHere } = seen;
    const note = encode([FORMAT, lastSeen, lastVerified, isHere]);
    // Lost in a crash, it is learnt again.
    this.#storage
      .update(this.#namespace, {}, () => ({ notes: [[PREFIX + device, note]], result: undefined }))
      .catch(() => {});
  }
}

const readSeen = (note: Uint8Array): Seen => {
  try {
    const [, lastSeen, lastVerified, isHere] = decodeOne(note, {}) as unknown[];
    const time = (field: unknown): number | undefined =>
      typeof field === "number" ? field : undefined;
    return {
      lastSeen: time(lastSeen),
      lastVerified: time(lastVerified),
      isHere: isHere === true,
    };
  } catch {
    return NEVER;
  }
};
