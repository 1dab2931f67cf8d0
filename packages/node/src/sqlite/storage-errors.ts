/** What SQLite reports, as a MasqError that says whether data are safe and what to do. */
import { type ErrorCode, MasqError, toMasqError } from "@masq/core";

const RECOVER =
  "Restore a backup, or start with an empty store and let another device of yours fill it.";

/** Primary result codes; extended ones (SQLITE_IOERR_WRITE) begin with these. */
const KNOWN: readonly (readonly [prefix: string, code: ErrorCode, message: string])[] = [
  [
    "SQLITE_FULL",
    "MASQ_STORAGE_FULL",
    "The disk is full: this write was not kept. What was acknowledged before is safe and can still be read. Free some space and write again.",
  ],
  [
    "SQLITE_BUSY",
    "MASQ_STORAGE_LOCKED",
    "Another process has this store open. Nothing was changed. Stop the other one, or use that one.",
  ],
  [
    "SQLITE_LOCKED",
    "MASQ_STORAGE_LOCKED",
    "Another process has this store open. Nothing was changed. Stop the other one, or use that one.",
  ],
  [
    "SQLITE_NOTADB",
    "MASQ_STORAGE_DAMAGED",
    `This file cannot be read as a store: its key is another one, it is not a Masq store, or its beginning is damaged. Nothing was changed. Use the key that belongs to it. If that is the one: ${RECOVER}`,
  ],
  [
    "SQLITE_CORRUPT",
    "MASQ_STORAGE_DAMAGED",
    `The file of this store is damaged: a part of it is not what was written. Copy the file away before anything else. ${RECOVER}`,
  ],
  [
    "SQLITE_IOERR",
    "MASQ_STORAGE_FAILED",
    "The disk reported an error. What was acknowledged before is safe unless the disk has lost it. Check the disk and try again.",
  ],
  [
    "SQLITE_CANTOPEN",
    "MASQ_STORAGE_FAILED",
    "The file of this store cannot be opened. Check that its directory exists and that it may be read and written.",
  ],
  [
    "SQLITE_READONLY",
    "MASQ_STORAGE_FAILED",
    "The file of this store may not be written. Check the permissions of the file and of its directory.",
  ],
  [
    "SQLITE_PERM",
    "MASQ_STORAGE_FAILED",
    "The file of this store may not be used. Check the permissions of the file and of its directory.",
  ],
  [
    "SQLITE_NOMEM",
    "MASQ_STORAGE_FAILED",
    "There is too little memory for this. What was acknowledged before is safe.",
  ],
];

const knownFor = (error: unknown): (typeof KNOWN)[number] | undefined => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? KNOWN.find(([prefix]) => code.startsWith(prefix)) : undefined;
};

/** True for trouble of the medium, which every call of a transaction shares; false for a defect of one call. */
export const isMediumError = (error: unknown): boolean => knownFor(error) !== undefined;

export const toStorageError = (error: unknown): MasqError => {
  const known = knownFor(error);
  return known === undefined
    ? toMasqError(error)
    : new MasqError(known[1], known[2], { cause: error });
};

export const damaged = (message: string): MasqError =>
  new MasqError("MASQ_STORAGE_DAMAGED", `${message} ${RECOVER}`);
