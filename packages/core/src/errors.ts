/**
 * The one error class of Masq and its closed list of codes. docs/errors.md has one heading per code,
 * grouped by who can act; a test keeps the two lists equal.
 */

/** Every code a MasqError can carry. Callers branch on the code, never on the text. */
export const ERROR_CODES = [
  // The app's author can act.
  "MASQ_KEY_INVALID",
  "MASQ_VALUE_INVALID",
  "MASQ_VALUE_TOO_LARGE",
  "MASQ_BATCH_INVALID",
  "MASQ_BATCH_TOO_LARGE",
  "MASQ_RANGE_INVALID",
  "MASQ_OPTION_INVALID",
  "MASQ_NAMESPACE_INVALID",
  "MASQ_CONFLICT",
  "MASQ_ABORTED",
  "MASQ_CLOSED",
  // The person who owns the store can act.
  "MASQ_ACCESS_REFUSED",
  "MASQ_ACCESS_EXPIRED",
  "MASQ_ACCESS_BUSY",
  "MASQ_GRANT_MISSING",
  "MASQ_GRANT_REVOKED",
  "MASQ_NOT_FOUND",
  "MASQ_CONFIG_INVALID",
  "MASQ_DIRECTORY_INVALID",
  "MASQ_BROWSER_UNSUITABLE",
  "MASQ_PORT_IN_USE",
  "MASQ_INVITATION_INVALID",
  "MASQ_INVITATION_OWN",
  "MASQ_INVITATION_EXPIRED",
  "MASQ_PAIRING_REFUSED",
  "MASQ_CIRCLE_CONFLICT",
  // Trying again later can help.
  "MASQ_STORE_ABSENT",
  "MASQ_STORE_UNREACHABLE",
  "MASQ_STORE_MISMATCH",
  "MASQ_OUTCOME_UNKNOWN",
  "MASQ_SYNC_SERVICE_UNREACHABLE",
  "MASQ_SYNC_SERVICE_REFUSED",
  "MASQ_PAIRING_FAILED",
  // The disk.
  "MASQ_STORAGE_FULL",
  "MASQ_STORAGE_LOCKED",
  "MASQ_STORAGE_DAMAGED",
  "MASQ_STORAGE_NEWER",
  "MASQ_STORAGE_FAILED",
  // The other end of a socket made a mistake, or attacks.
  "MASQ_MESSAGE_INVALID",
  "MASQ_MESSAGE_TOO_LARGE",
  "MASQ_METHOD_UNKNOWN",
  "MASQ_SESSION_FAILED",
  // A defect in Masq itself.
  "MASQ_INTERNAL",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

const known: ReadonlySet<string> = new Set(ERROR_CODES);

export const isErrorCode = (text: string): text is ErrorCode => known.has(text);

/**
 * What went wrong, whether data are safe, and what to do. The message never holds keys, values,
 * secrets or text received from the other end.
 */
export class MasqError extends Error {
  override readonly name = "MasqError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Undefined for an error that is not ours. */
export const codeOf = (error: unknown): ErrorCode | undefined =>
  error instanceof MasqError ? error.code : undefined;
