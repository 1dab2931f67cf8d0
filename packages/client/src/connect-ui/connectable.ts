/** What the element needs of a MasqClient: types alone, so that it brings nothing of the client with it. */
import type { MasqClient } from "../masq-client.ts";

export type ConnectableClient = Pick<
  MasqClient,
  "mode" | "pairing" | "devices" | "status" | "on" | "useStore" | "persist"
>;
