/** An app that holds its data itself gives them to a store on the same computer: the public names. */
import type { ConsentRequest } from "./store-mode/attach.ts";

/**
 * Why an app's data are not in a store of this computer:
 *
 * - `absent`: no store answers. None is installed, or it does not run.
 * - `blocked-by-browser`: the person, or a policy, has told the browser not to let this page reach programs on the
 *   computer; in a frame also: the page around it has not allowed it (`allow="loopback-network"`). The page cannot ask again.
 * - `needs-permission`: the browser asks the person and has had no answer yet. Call again from a click.
 * - `refused-by-user`: the store's owner said no.
 * - `unanswered`: the store's owner did not answer in time, or is being asked about too many apps at once.
 * - `mixed-content`: this browser lets no page that came over https reach the computer it runs on (Safari).
 * - `csp`: the page's own Content-Security-Policy forbids it (`connect-src`): for the app's author.
 * - `wrong-store`: what answers is not the store that this app was granted access by.
 * - `revoked`: the store's owner has withdrawn the app's access, and the app went on with the data it holds itself.
 */
export type NoStoreReason =
  | "absent"
  | "blocked-by-browser"
  | "needs-permission"
  | "refused-by-user"
  | "unanswered"
  | "mixed-content"
  | "csp"
  | "wrong-store"
  | "revoked";

/** How far the store is with the app's data: versions, about. */
export interface UseStoreProgress {
  /** On their way to the store; 0 when it has all. */
  readonly toSend: number;
  /** On their way from the store. */
  readonly toReceive: number;
}

export interface UseStoreOptions {
  /** The store's owner is asked for consent: show the code, so that they can compare it. Not called where access was given before. */
  readonly onConsent: (request: ConsentRequest) => void;
  /** Called while the data go over. */
  readonly onProgress?: ((progress: UseStoreProgress) => void) | undefined;
  /** Gives up: it rejects with MASQ_ABORTED, and the app goes on holding its data itself. */
  readonly signal?: AbortSignal | undefined;
}

export type UseStoreResult =
  | { readonly used: true }
  | { readonly used: false; readonly reason: Exclude<NoStoreReason, "revoked"> };

/** How long what an app holds itself stays: whether the browser has promised to keep it, may evict it, or nothing is kept. */
export type StorageKind = "persistent" | "best-effort" | "memory";
