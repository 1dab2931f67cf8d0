/** When each member was last connected, and when it last was known to hold the same: labels for people, kept as notes. */
import { encode } from "cborg";
import { decodeOne } from "../bytes/cbor.ts";
import type { DeviceId, NamespaceId } from "../data/ids.ts";
import type { Clock } from "../host.ts";
import type { Storage } from "../storage.ts";

/** Wall times in milliseconds since 1970; undefined for never. */
export interface Seen {
  readonly lastSeen: number | undefined;
  readonly lastVerified: number | undefined;
}

const PREFIX = "seen/";
const FORMAT = 1;
const NEVER: Seen = { lastSeen: undefined, lastVerified: undefined };

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

  left(device: DeviceId, wasVerified: boolean): void {
    const now = this.#clock.now();
    const { lastVerified } = this.of(device);
    this.#keep(device, { lastSeen: now, lastVerified: wasVerified ? now : lastVerified });
  }

  #keep(device: DeviceId, seen: Seen): void {
    this.#seenByDevice.set(device, seen);
    const note = encode([FORMAT, seen.lastSeen ?? null, seen.lastVerified ?? null]);
    // A label: lost in a crash, it is only older.
    this.#storage
      .update(this.#namespace, {}, () => ({ notes: [[PREFIX + device, note]], result: undefined }))
      .catch(() => {});
  }
}

const readSeen = (note: Uint8Array): Seen => {
  try {
    const [, lastSeen, lastVerified] = decodeOne(note, {}) as unknown[];
    const time = (field: unknown): number | undefined =>
      typeof field === "number" ? field : undefined;
    return { lastSeen: time(lastSeen), lastVerified: time(lastVerified) };
  } catch {
    return NEVER;
  }
};
