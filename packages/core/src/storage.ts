/**
 * Where replicas are kept. One primitive fits a synchronous engine (SQLite) and an asynchronous one that
 * forbids foreign awaits inside a transaction (IndexedDB): read named things, run a pure synchronous
 * function, write its answer, all in one transaction. `storageCases` in @masq/core/testing is the
 * acceptance suite every implementation passes.
 */
import type { NamespaceId, ReplicaId } from "./data/ids.ts";
import type { Hlc } from "./data/hlc.ts";
import type { VersionVector } from "./data/version-vector.ts";

/** One version of one key as it is kept. A key has one row per sibling. */
export interface Row {
  readonly key: string;
  readonly replica: ReplicaId;
  readonly counter: number;
  /** Position in this replica's order of commits; unique in the namespace. */
  readonly arrival: number;
  /** Clock, place in its commit and causal context (data/stamp.ts); opaque to a storage. */
  readonly stamp: Uint8Array;
  /** The value as CBOR; null is a tombstone. */
  readonly value: Uint8Array | null;
}

/** Which row, without what is in it. */
export type RowName = Pick<Row, "key" | "replica" | "counter">;

/** What a replica knows of itself; read and written with the rows it describes. */
export interface ReplicaState {
  readonly replica: ReplicaId;
  /** Counter of the last own write. */
  readonly counter: number;
  /** Highest arrival number given so far. */
  readonly arrival: number;
  readonly hlc: Hlc;
  readonly vector: VersionVector;
  /** The join of all dots ever kept here. While `vector` does not dominate it, something is held that is not yet claimed. */
  readonly held: VersionVector;
  /** 16 bytes, data/digest.ts. */
  readonly digest: Uint8Array;
  /** Keys that have a live version. */
  readonly entries: number;
  /** Rows that are tombstones. */
  readonly tombstones: number;
  /** Bytes of keys and values of all rows. */
  readonly bytes: number;
}

/** A range of keys in byte order. An absent bound is open. */
export interface KeyRange {
  readonly lower?: { readonly key: Uint8Array; readonly inclusive: boolean };
  readonly upper?: { readonly key: Uint8Array; readonly inclusive: boolean };
}

export interface ListOptions {
  readonly range: KeyRange;
  readonly reverse: boolean;
  /** Most keys to return, at least 1. All rows of a key come together. */
  readonly limit: number;
  /** Stop after the key with which keys and values reach this many bytes. */
  readonly maxBytes: number;
  /** Leave tombstones out: then a key whose rows are all tombstones does not count. */
  readonly liveOnly: boolean;
}

/** Most entries of a page that an app is given. */
export const MAX_PAGE_KEYS = 1000;

/** What a change reads beforehand. */
export interface Reads {
  readonly keys?: readonly string[];
  readonly notes?: readonly string[];
}

/** What a change may look at: only what it named in its reads. */
export interface View {
  readonly state: ReplicaState | undefined;
  /** All rows of the key, by replica and counter. */
  rows(key: string): readonly Row[];
  note(name: string): Uint8Array | undefined;
}

export interface Change<Result> {
  readonly remove?: readonly RowName[];
  readonly add?: readonly Row[];
  /** Named records kept beside the rows (grants, numbered writes...); undefined deletes one. */
  readonly notes?: readonly (readonly [name: string, value: Uint8Array | undefined])[];
  readonly state?: ReplicaState;
  readonly result: Result;
}

export interface StorageStat {
  /** Bytes on the medium, 0 when nothing is kept there. */
  readonly bytes: number;
  readonly durable: boolean;
  readonly encrypted: boolean;
}

export interface Storage {
  /**
   * Runs `change` on what it reads and commits its answer; resolves after the flush. Calls are applied in
   * the order made, each seeing those before it; calls of one turn share one flush. A `change` that throws
   * rejects its own call alone; a failed flush rejects all of its calls and leaves nothing behind.
   */
  update<Result>(
    namespace: NamespaceId,
    reads: Reads,
    change: (view: View) => Change<Result>,
  ): Promise<Result>;
  /** All rows of each key, in the order of `keys`. */
  get(namespace: NamespaceId, keys: readonly string[]): Promise<Row[][]>;
  /** Rows in key order (byte order), whole keys only. */
  list(namespace: NamespaceId, options: ListOptions): Promise<Row[]>;
  /** Rows with arrival above `after`, ascending, at most `limit`, stopping after the row that reaches `maxBytes`. */
  arrivals(namespace: NamespaceId, after: number, limit: number, maxBytes: number): Promise<Row[]>;
  state(namespace: NamespaceId): Promise<ReplicaState | undefined>;
  note(namespace: NamespaceId, name: string): Promise<Uint8Array | undefined>;
  /** Notes whose name begins with `prefix`, by name. */
  notes(namespace: NamespaceId, prefix: string): Promise<[name: string, value: Uint8Array][]>;
  /** Namespaces that have a state, by name. */
  namespaces(): Promise<NamespaceId[]>;
  stat(): Promise<StorageStat>;
  /** Waits for updates under way. Idempotent; every other call rejects with MASQ_CLOSED afterwards. */
  close(): Promise<void>;
}
