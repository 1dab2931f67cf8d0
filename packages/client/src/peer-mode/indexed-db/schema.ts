/** The object stores of a browser's storage, as an ordered list of migrations; the database's version counts them. */
import type { Row } from "@masq/core";
import type { IDBPDatabase } from "idb";

/** Runs inside the upgrade of the database and must not wait for anything. */
export type Migration = (database: IDBPDatabase) => void;

export const ROWS = "row";
/** Index of ROWS by namespace and arrival number. */
export const BY_ARRIVAL = "arrival";
export const NOTES = "note";
/** By namespace; the value is encodeReplicaState in @masq/core. */
export const STATES = "state";
/** What the database says of itself: under BIRTH the random id it was given when it was made. */
export const ABOUT = "about";
export const BIRTH = "birth";

/** A row as it is kept. Short names: each record carries them. */
export interface RowRecord {
  /** Namespace. */
  readonly n: string;
  /** The key as UTF-8: binary keys are compared byte by byte, texts by UTF-16 units (Indexed Database API 3.0, section 2.4). */
  readonly k: Uint8Array;
  /** Replica id. */
  readonly r: string;
  /** Counter. */
  readonly c: number;
  /** Arrival number. */
  readonly a: number;
  /** Stamp. */
  readonly s: Uint8Array;
  readonly v: Row["value"];
}

export interface NoteRecord {
  /** Namespace. */
  readonly n: string;
  /** The name as UTF-8. */
  readonly m: Uint8Array;
  readonly v: Uint8Array;
}

/** Never change one that has been released: append the next. */
export const MIGRATIONS: readonly Migration[] = [
  (database) => {
    const rows = database.createObjectStore(ROWS, { keyPath: ["n", "k", "r", "c"] });
    rows.createIndex(BY_ARRIVAL, ["n", "a"], { unique: true });
    database.createObjectStore(NOTES, { keyPath: ["n", "m"] });
    database.createObjectStore(STATES);
    database.createObjectStore(ABOUT);
  },
];
