/** What IndexedDB reports, as a MasqError that says whether data are safe and what to do. */
import { type ErrorCode, MasqError, toMasqError } from "@masq/core";

const RECOVER =
  "Data that other devices of yours hold come back with the next sync; export what can still be read.";
const REFUSED =
  "The browser does not let this page keep data: its settings, a private window or a frame of another site may forbid it. Nothing was changed.";
const DISK =
  "The browser could not read or write its database. What was acknowledged before is safe unless the disk has lost it. Reload the page, and check that the disk is not full.";

/** By name of the DOMException (Indexed Database API 3.0, section 3). */
const KNOWN: Readonly<Record<string, readonly [code: ErrorCode, message: string]>> = {
  QuotaExceededError: [
    "MASQ_STORAGE_FULL",
    "The browser gives this site no more space: this write was not kept. What was acknowledged before is safe and can still be read. Free some space on the device, or delete entries, and write again.",
  ],
  VersionError: [
    "MASQ_STORAGE_NEWER",
    "A newer version of this app wrote this database. Nothing was changed. Reload the page to get the newer version.",
  ],
  SecurityError: ["MASQ_STORAGE_FAILED", REFUSED],
  NotAllowedError: ["MASQ_STORAGE_FAILED", REFUSED],
  InvalidStateError: ["MASQ_STORAGE_FAILED", DISK],
  AbortError: ["MASQ_STORAGE_FAILED", DISK],
  UnknownError: ["MASQ_STORAGE_FAILED", DISK],
  TimeoutError: ["MASQ_STORAGE_FAILED", DISK],
  TransactionInactiveError: ["MASQ_STORAGE_FAILED", DISK],
  NotFoundError: [
    "MASQ_STORAGE_DAMAGED",
    `The browser's database lacks a part that belongs to it. ${RECOVER}`,
  ],
  NotReadableError: [
    "MASQ_STORAGE_DAMAGED",
    `The browser cannot read a part of its database any more. ${RECOVER}`,
  ],
};

/** The browser has closed the connection, or lost the process that keeps the database (WebKit says UnknownError then). */
const LOST: ReadonlySet<string> = new Set([
  "AbortError",
  "InvalidStateError",
  "TransactionInactiveError",
  "UnknownError",
]);

// By name alone: DOMException is an Error in browsers, its classes differ between realms.
const nameOf = (error: unknown): string =>
  error instanceof Error || error instanceof DOMException ? error.name : "";

export const isConnectionLost = (error: unknown): boolean => LOST.has(nameOf(error));

/** True for trouble of the medium, which every call of a transaction shares; false for a defect of one call. */
export const isMediumError = (error: unknown): boolean => Object.hasOwn(KNOWN, nameOf(error));

export const toStorageError = (error: unknown): MasqError => {
  const known = KNOWN[nameOf(error)];
  return known === undefined || error instanceof MasqError
    ? toMasqError(error)
    : new MasqError(known[0], known[1], { cause: error });
};

export const closedError = (): MasqError => new MasqError("MASQ_CLOSED", "The storage is closed.");

export const refusedError = (): MasqError => new MasqError("MASQ_STORAGE_FAILED", REFUSED);

export const blockedError = (): MasqError =>
  new MasqError(
    "MASQ_STORAGE_LOCKED",
    "An older version of this app is open in another tab and keeps its database. Nothing was changed. Close the other tab, then reload this one.",
  );

export const silentError = (): MasqError =>
  new MasqError(
    "MASQ_STORAGE_FAILED",
    "The browser does not open its database. Nothing was changed. Reload the page; if that does not help, restart the browser.",
  );

export const upgradeError = (cause: unknown): MasqError =>
  new MasqError(
    "MASQ_STORAGE_FAILED",
    "The browser's database could not be brought to this version's format. Nothing was changed. Reload the page.",
    { cause },
  );

/** It was there when this page opened it. */
export const deletedError = (): MasqError =>
  new MasqError(
    "MASQ_STORAGE_DAMAGED",
    `The browser has deleted what this page kept in it while the page was open. ${RECOVER}`,
  );

export const foreignError = (): MasqError =>
  new MasqError(
    "MASQ_STORAGE_DAMAGED",
    "A database of this name is not one of Masq's, or its beginning is lost. Nothing was changed.",
  );

/** Why a commit did not come to its end. Chromium says DataError when the disk has no room for a large value. */
export const commitError = (cause: unknown): MasqError => {
  if (isConnectionLost(cause)) {
    return new MasqError(
      "MASQ_OUTCOME_UNKNOWN",
      "The browser lost its database during a write. It was kept whole or not at all; all acknowledged before is safe. Read the entry to find out.",
      { cause },
    );
  }
  return isMediumError(cause)
    ? toStorageError(cause)
    : new MasqError("MASQ_STORAGE_FAILED", DISK, { cause });
};
