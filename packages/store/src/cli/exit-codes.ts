/** The exit code of each way a command can end: one table, so that scripts can rely on it. */
import { MasqError, toMasqError, type ErrorCode } from "@masq/core";

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  storeAbsent: 3,
  notFound: 4,
  inUse: 5,
  database: 6,
  refused: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each number means, for the help. */
export const EXIT_MEANINGS: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [EXIT.done, "done"],
  [EXIT.failed, "failed"],
  [EXIT.usage, "wrong usage"],
  [EXIT.storeAbsent, "no store is running"],
  [EXIT.notFound, "not found"],
  [EXIT.inUse, "directory or port in use"],
  [EXIT.database, "database damaged, or written by a newer Masq"],
  [EXIT.refused, "refused, or in conflict"],
];

export const EXIT_CODES: Readonly<Record<ErrorCode, ExitCode>> = {
  MASQ_KEY_INVALID: EXIT.usage,
  MASQ_VALUE_INVALID: EXIT.usage,
  MASQ_VALUE_TOO_LARGE: EXIT.usage,
  MASQ_BATCH_INVALID: EXIT.usage,
  MASQ_BATCH_TOO_LARGE: EXIT.usage,
  MASQ_RANGE_INVALID: EXIT.usage,
  MASQ_OPTION_INVALID: EXIT.usage,
  MASQ_NAMESPACE_INVALID: EXIT.usage,
  MASQ_CONFLICT: EXIT.refused,
  MASQ_ABORTED: EXIT.failed,
  MASQ_CLOSED: EXIT.failed,
  MASQ_ACCESS_REFUSED: EXIT.refused,
  MASQ_ACCESS_EXPIRED: EXIT.refused,
  MASQ_ACCESS_BUSY: EXIT.refused,
  MASQ_GRANT_MISSING: EXIT.refused,
  MASQ_GRANT_REVOKED: EXIT.refused,
  MASQ_NOT_FOUND: EXIT.notFound,
  MASQ_CONFIG_INVALID: EXIT.usage,
  MASQ_DIRECTORY_INVALID: EXIT.failed,
  MASQ_BROWSER_UNSUITABLE: EXIT.failed,
  MASQ_PORT_IN_USE: EXIT.inUse,
  MASQ_INVITATION_INVALID: EXIT.usage,
  MASQ_INVITATION_OWN: EXIT.usage,
  MASQ_INVITATION_EXPIRED: EXIT.refused,
  MASQ_PAIRING_REFUSED: EXIT.refused,
  MASQ_CIRCLE_CONFLICT: EXIT.refused,
  MASQ_STORE_ABSENT: EXIT.storeAbsent,
  MASQ_STORE_UNREACHABLE: EXIT.failed,
  MASQ_STORE_MISMATCH: EXIT.failed,
  MASQ_OUTCOME_UNKNOWN: EXIT.failed,
  MASQ_SYNC_SERVICE_UNREACHABLE: EXIT.failed,
  MASQ_SYNC_SERVICE_REFUSED: EXIT.refused,
  MASQ_PAIRING_FAILED: EXIT.failed,
  MASQ_STORAGE_FULL: EXIT.failed,
  MASQ_STORAGE_LOCKED: EXIT.inUse,
  MASQ_STORAGE_DAMAGED: EXIT.database,
  MASQ_STORAGE_NEWER: EXIT.database,
  MASQ_STORAGE_FAILED: EXIT.failed,
  MASQ_MESSAGE_INVALID: EXIT.failed,
  MASQ_MESSAGE_TOO_LARGE: EXIT.failed,
  MASQ_METHOD_UNKNOWN: EXIT.failed,
  MASQ_SESSION_FAILED: EXIT.failed,
  MASQ_INTERNAL: EXIT.failed,
};

/** An end of a command whose exit code is not the usual one of its error code. */
export class CommandError extends MasqError {
  readonly exitCode: ExitCode;

  constructor(
    exitCode: ExitCode,
    code: ErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(code, message, options);
    this.exitCode = exitCode;
  }
}

export const usageError = (message: string): CommandError =>
  new CommandError(EXIT.usage, "MASQ_OPTION_INVALID", message);

export const exitCodeOf = (error: unknown): ExitCode =>
  error instanceof CommandError ? error.exitCode : EXIT_CODES[toMasqError(error).code];
