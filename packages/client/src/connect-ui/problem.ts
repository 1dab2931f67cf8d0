/** From an error to what a person is told of it. The texts of errors are for developers, and in English. */
import type { NoStoreReason } from "../use-store.ts";

export type ProblemKey =
  | "accessBusy"
  | "accessExpired"
  | "accessRefused"
  | "cameraFailed"
  | "cameraMissing"
  | "cameraRefused"
  | "cancelled"
  | "circles"
  | "damaged"
  | "declined"
  | "digits"
  | "expired"
  | "foreign"
  | "full"
  | "interrupted"
  | "invalid"
  | "locked"
  | "lost"
  | "newer"
  | "noAccess"
  | "nobody"
  | "noSyncService"
  | "other"
  | "ownLink"
  | "pairingFailed"
  | "refused"
  | "storage"
  | "storeAbsent"
  | "storeAway"
  | "storeBlocked"
  | "storeMismatch"
  | "storeMixed"
  | "storePairs"
  | "storePermission"
  | "storePolicy"
  | "storeRevoked"
  | "syncServiceAway"
  | "syncServiceRefused"
  | "unsuitable";

export interface Problem {
  readonly key: ProblemKey;
  /** For whoever is asked for help: the code, and the text of the error. */
  readonly detail: string | undefined;
}

/** `inviteStore`: a store that the page cannot reach, by a link. */
export type PairingAttempt = "invite" | "inviteStore" | "accept";
/** What was being done; `keep` is what goes on all the time. */
export type Attempt = "connect" | "store" | "keep" | PairingAttempt;
export type Answer = "none" | "no" | "yes" | "typed";

const BY_CODE: Readonly<Record<string, ProblemKey>> = {
  MASQ_ABORTED: "cancelled",
  MASQ_ACCESS_BUSY: "accessBusy",
  MASQ_ACCESS_EXPIRED: "accessExpired",
  MASQ_ACCESS_REFUSED: "accessRefused",
  MASQ_BROWSER_UNSUITABLE: "unsuitable",
  MASQ_CIRCLE_CONFLICT: "circles",
  MASQ_CLOSED: "cancelled",
  MASQ_CONFIG_INVALID: "noSyncService",
  MASQ_GRANT_MISSING: "noAccess",
  MASQ_GRANT_REVOKED: "noAccess",
  MASQ_INVITATION_EXPIRED: "expired",
  MASQ_INVITATION_INVALID: "invalid",
  MASQ_INVITATION_OWN: "ownLink",
  MASQ_PAIRING_FAILED: "pairingFailed",
  MASQ_PAIRING_REFUSED: "refused",
  MASQ_STORAGE_DAMAGED: "damaged",
  MASQ_STORAGE_FAILED: "storage",
  MASQ_STORAGE_FULL: "full",
  MASQ_STORAGE_LOCKED: "locked",
  MASQ_STORAGE_NEWER: "newer",
  MASQ_STORE_ABSENT: "storeAbsent",
  MASQ_STORE_MISMATCH: "storeMismatch",
  MASQ_STORE_UNREACHABLE: "storeAway",
  MASQ_SYNC_SERVICE_REFUSED: "syncServiceRefused",
  MASQ_SYNC_SERVICE_UNREACHABLE: "syncServiceAway",
};

const BY_REASON: Readonly<Record<NoStoreReason, ProblemKey>> = {
  absent: "storeAbsent",
  "blocked-by-browser": "storeBlocked",
  csp: "storePolicy",
  "mixed-content": "storeMixed",
  "needs-permission": "storePermission",
  "refused-by-user": "accessRefused",
  revoked: "storeRevoked",
  unanswered: "accessExpired",
  "wrong-store": "storeMismatch",
};

const PAIRING: ReadonlySet<Attempt> = new Set(["invite", "inviteStore", "accept"]);

const keyOf = (code: string, attempt: Attempt, answer: Answer): ProblemKey => {
  const key = BY_CODE[code] ?? "other";
  // It could be read when the page was opened.
  if (key === "damaged" && attempt === "keep") return "lost";
  if (key === "expired" && attempt === "accept") return "nobody";
  // Who still sees the screens of a pairing did not cancel it.
  if (code === "MASQ_CLOSED" && PAIRING.has(attempt)) return "interrupted";
  if (key !== "refused") return key;
  if (answer === "no") return "declined";
  return answer === "typed" ? "digits" : "refused";
};

/** What keeps the page from a store that may be there all the same: a sync service is another way to it. */
const LINK_INSTEAD: Partial<Record<ProblemKey, "first" | "also">> = {
  storeAbsent: "also",
  storeBlocked: "first",
  storeMixed: "first",
  storePermission: "also",
  storePolicy: "first",
};

/** Whether to connect the store by a link; `first` where trying again cannot help by itself. */
export const linkInstead = (key: ProblemKey): "first" | "also" | "none" =>
  LINK_INSTEAD[key] ?? "none";

/** `answer`: what the person here has said so far to the other device, as a refusal may be their own. */
export const problemOf = (error: unknown, attempt: Attempt, answer: Answer = "none"): Problem => {
  if (!(error instanceof Error)) return { key: "other", detail: undefined };
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return { key: keyOf(code, attempt, answer), detail: `${code}: ${error.message}` };
};

/** Why the data are not in a store; a reason of a newer client is told as such. */
export const problemOfReason = (reason: NoStoreReason): Problem => ({
  key: BY_REASON[reason] ?? "other",
  detail: `no store: ${reason}`,
});
