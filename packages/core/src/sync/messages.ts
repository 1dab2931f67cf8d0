/**
 * Messages between two devices (docs/sync.md, "Messages"): what they mean here, and their bytes. Each is one CBOR array.
 * decode.ts reads them back.
 */
import { encodeItem, type Item } from "../bytes/cbor-items.ts";
import type { NamespaceId, ReplicaId } from "../data/ids.ts";
import { dataBytes } from "../data/key.ts";
import { replicaIdBytes } from "../data/replica-ids.ts";
import type { VersionVector } from "../data/version-vector.ts";
import type { ReceivedVersion } from "../replica/merge-plan.ts";
import type { Row } from "../storage.ts";

export const DEVICE_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** A device's word that a replica is its own, or that of a device of another circle in which it is a member too. */
export interface Announcement {
  readonly replica: ReplicaId;
  readonly device: Uint8Array;
  readonly signature: Uint8Array;
  /** The replica is not its own: it vouches for it. */
  readonly isVouched: boolean;
}

/** How far a replica has durably taken another one's stream. */
export type Progress = number | ScanProgress;

/** Within a first synchronisation: the last key taken, and the sender's arrival number when it began. */
export interface ScanProgress {
  readonly key: string;
  readonly start: number;
}

/** What a replica is at one moment. */
export interface Snapshot {
  readonly vector: VersionVector;
  readonly digest: Uint8Array;
  /** It holds nothing above its vector. */
  readonly isClean: boolean;
}

export interface Hello {
  readonly type: "hello";
  readonly versions: readonly [number, number];
  readonly features: number;
  /** Opaque here. */
  readonly info: Uint8Array;
  /** Hash of the heads of the device log. */
  readonly logHeads: Uint8Array;
}

/** An operation of the device log: opaque here. */
export type SignedItem = readonly [bytes: Uint8Array, signature: Uint8Array];

export interface Log {
  readonly type: "log";
  /** Each after its parents. */
  readonly items: readonly SignedItem[];
  /** No more of the series is to come. */
  readonly isLast: boolean;
}

export interface Offer {
  readonly type: "offer";
  readonly number: number;
  readonly namespace: NamespaceId;
  readonly replica: ReplicaId;
  readonly announcements: readonly Announcement[];
  readonly snapshot: Snapshot;
}

export interface Announce {
  readonly type: "announce";
  readonly number: number;
  readonly announcements: readonly Announcement[];
}

export interface Resume {
  readonly type: "resume";
  readonly number: number;
  readonly progress: Progress | undefined;
}

/** `RowOf` is a Row when it is sent, a ReceivedVersion when it has come. */
export interface Entries<RowOf> {
  readonly type: "entries";
  readonly number: number;
  readonly reached: number;
  /** Arrivals of the sender that are still to come, about. */
  readonly remaining: number;
  readonly commits: readonly (readonly RowOf[])[];
  /** All that this snapshot's vector covers has been sent. */
  readonly caughtUp: Snapshot | undefined;
}

export interface Scan<RowOf> {
  readonly type: "scan";
  readonly number: number;
  readonly start: number;
  /** Last key of the page; undefined when the scan is done. */
  readonly last: string | undefined;
  readonly remaining: number;
  readonly rows: readonly RowOf[];
}

export interface Ack {
  readonly type: "ack";
  readonly number: number;
  /** Messages with rows that became durable since the last one. */
  readonly taken: number;
  readonly snapshot: Snapshot;
  /** What other replicas are known to hold durably. */
  readonly others: ReadonlyMap<ReplicaId, VersionVector>;
}

export interface Repair<RowOf> {
  readonly type: "repair";
  readonly number: number;
  readonly round: number;
  /** The sender's vector, read before the rows. */
  readonly vector: VersionVector;
  readonly isLast: boolean;
  readonly rows: readonly RowOf[];
}

type OfNamespace<RowOf> =
  | Offer
  | Announce
  | Resume
  | Entries<RowOf>
  | Scan<RowOf>
  | Ack
  | Repair<RowOf>;
/** Every message but those of the session itself: `number` says which namespace they are about. */
export type NamespaceOutgoing = OfNamespace<Row>;
export type NamespaceMessage = OfNamespace<ReceivedVersion>;
export type Outgoing = Hello | Log | NamespaceOutgoing;
export type Incoming = Hello | Log | NamespaceMessage;

export const MESSAGE_TYPES: readonly Outgoing["type"][] = [
  "hello",
  "offer",
  "announce",
  "resume",
  "entries",
  "scan",
  "ack",
  "repair",
  "log",
];

export const vectorItem = (vector: VersionVector): Item[] => {
  const item: Item[] = [];
  const ids = vector.size > 1 ? [...vector.keys()].sort() : vector.keys();
  for (const id of ids) item.push(replicaIdBytes(id), vector.get(id) as number);
  return item;
};

const snapshotItem = ({ vector, digest, isClean }: Snapshot): Item => [
  vectorItem(vector),
  digest,
  isClean,
];

export const progressItem = (progress: Progress | undefined): Item =>
  typeof progress === "object" ? [progress.key, progress.start] : (progress ?? null);

const announcementItems = (announcements: readonly Announcement[]): Item =>
  announcements.map(({ replica, device, signature, isVouched }) => [
    replicaIdBytes(replica),
    device,
    signature,
    isVouched,
  ]);

/** Names each replica once for a whole message; rows say its place. */
class ReplicaTable {
  readonly ids: Uint8Array[] = [];
  readonly #places = new Map<ReplicaId, number>();

  item({ key, replica, counter, stamp, value }: Row): Item {
    let place = this.#places.get(replica);
    if (place === undefined) {
      place = this.ids.length;
      this.#places.set(replica, place);
      this.ids.push(replicaIdBytes(replica));
    }
    return [key, place, counter, stamp, value];
  }
}

const fieldsOf = (message: Outgoing): Item[] => {
  const table = new ReplicaTable();
  switch (message.type) {
    case "hello":
      return [...message.versions, message.features, message.info, message.logHeads];
    case "offer": {
      const { number, namespace, replica, announcements, snapshot } = message;
      const id = replicaIdBytes(replica);
      return [number, namespace, id, announcementItems(announcements), snapshotItem(snapshot)];
    }
    case "announce":
      return [message.number, announcementItems(message.announcements)];
    case "resume":
      return [message.number, progressItem(message.progress)];
    case "entries": {
      const { number, reached, remaining, caughtUp } = message;
      const commits = message.commits.map((rows) => rows.map((row) => table.item(row)));
      const snapshot = caughtUp === undefined ? null : snapshotItem(caughtUp);
      return [number, reached, remaining, table.ids, commits, snapshot];
    }
    case "scan": {
      const { number, start, last, remaining } = message;
      const rows = message.rows.map((row) => table.item(row));
      return [number, start, last ?? null, remaining, table.ids, rows];
    }
    case "ack": {
      const others = Array.from(message.others, ([replica, vector]) => [
        replicaIdBytes(replica),
        vectorItem(vector),
      ]);
      return [message.number, message.taken, snapshotItem(message.snapshot), others];
    }
    case "repair": {
      const { number, round, vector, isLast } = message;
      const rows = message.rows.map((row) => table.item(row));
      return [number, round, vectorItem(vector), isLast, table.ids, rows];
    }
    case "log":
      return [message.items, message.isLast];
  }
};

export const encodeMessage = (message: Outgoing): Uint8Array =>
  encodeItem([MESSAGE_TYPES.indexOf(message.type), ...fieldsOf(message)]);

/** What a row takes in a message, from above. */
export const rowSize = (row: Row): number => dataBytes(row) + row.stamp.length + 32;
