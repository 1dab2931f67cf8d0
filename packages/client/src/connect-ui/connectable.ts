/** What the element needs of a MasqClient: types alone, so that it brings nothing of the client with it. */
import type { DataStatus, MasqClient, Status } from "../masq-client.ts";
import type { ConsentRequest } from "../store-mode/attach.ts";

/** Why an app's data are not in a store of this computer. */
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

export interface StoreOptions {
  readonly onConsent: (request: ConsentRequest) => void;
  /** Versions still on their way to the store, about. */
  readonly onProgress?: ((progress: { readonly toSend: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type StoreResult =
  | { readonly used: true }
  | { readonly used: false; readonly reason: NoStoreReason };

/** `noStore`: said in peer mode, when a store was looked for or has withdrawn access. */
export type ConnectableStatus = Status & { readonly noStore?: NoStoreReason | undefined };

export interface ConnectableClient extends Pick<MasqClient, "mode" | "pairing" | "devices"> {
  /** `evicted`: the browser has deleted what was held here, and nothing has come in its place yet. */
  status(): Promise<ConnectableStatus & DataStatus & { readonly evicted?: boolean }>;
  on(event: "status", listener: (status: ConnectableStatus) => void): () => void;
  /** Moves the data to a store on this computer; from a click. The offer is hidden where there is no such method. */
  useStore?(options: StoreOptions): Promise<StoreResult>;
}
