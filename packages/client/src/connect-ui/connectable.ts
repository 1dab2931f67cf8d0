/** What the element needs of a MasqClient: types alone, so that it brings nothing of the client with it. */
import type { MasqClient } from "../masq-client.ts";
import type { ConsentRequest } from "../store-mode/attach.ts";

export interface StoreOptions {
  readonly onConsent: (request: ConsentRequest) => void;
}

export interface ConnectableClient extends Pick<
  MasqClient,
  "mode" | "pairing" | "devices" | "status" | "on"
> {
  /** Moves the data to a store on this computer; from a click. The offer is hidden where there is no such method. */
  useStore?(options: StoreOptions): Promise<unknown>;
}
