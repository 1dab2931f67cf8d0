/** From "opening" to "open" and back, as states a page can show. What is wrong is told by the element. */
import { MasqClient, type Status } from "@masq/client";
import type { MasqConnectElement } from "@masq/client/connect";
import { codeOf } from "./code-of.ts";
import { readConfiguration } from "./configuration.ts";

export type Connection =
  | { readonly kind: "opening" }
  | { readonly kind: "open" }
  /** Whoever has the data went away; the client comes back by itself. */
  | { readonly kind: "away" }
  | { readonly kind: "failed"; readonly code: string };

export interface ConnectorOptions {
  readonly element: MasqConnectElement;
  readonly tell: (connection: Connection) => void;
  readonly connected: (masq: MasqClient) => void;
}

const APP = { name: "Favourites", url: "/" };
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 8_000;
/** Another tab takes the data over sooner than that: nobody needs to be told. */
const AWAY_MS = 1_000;

export class Connector {
  readonly #options: ConnectorOptions;
  #masq: MasqClient | undefined;
  #awayTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#options.tell({ kind: "opening" });
    void this.#connect(FIRST_RETRY_MS);
  }

  /** After the person said that they want to go on without the store this app had access to. */
  async forgetStore(): Promise<void> {
    await MasqClient.forgetStore({ app: APP });
    this.start();
  }

  async #connect(retryMs: number): Promise<void> {
    const { element, tell, connected } = this.#options;
    const former = this.#masq;
    this.#masq = undefined;
    clearTimeout(this.#awayTimer);
    await former?.close();
    try {
      const { syncService, store } = await readConfiguration();
      const masq = await MasqClient.connect({
        app: APP,
        syncService,
        store: { url: store },
        onInvitation: (link) => (element.invitation = link),
      });
      this.#masq = masq;
      element.client = masq;
      masq.on("status", (status) => this.#follow(masq, status));
      connected(masq);
      tell({ kind: "open" });
    } catch (error) {
      element.error = error;
      this.#failed(codeOf(error), retryMs);
    }
  }

  #failed(code: string, retryMs: number): void {
    this.#options.tell({ kind: "failed", code });
    // A store that is not running yet may be started any moment. Everything else waits for the person.
    if (code !== "MASQ_STORE_ABSENT") return;
    setTimeout(() => void this.#connect(Math.min(2 * retryMs, MAX_RETRY_MS)), retryMs);
  }

  #follow(masq: MasqClient, { connected, ended }: Status): void {
    if (this.#masq !== masq) return;
    const { tell } = this.#options;
    clearTimeout(this.#awayTimer);
    if (ended !== undefined) tell({ kind: "failed", code: ended.code });
    else if (connected) tell({ kind: "open" });
    else this.#awayTimer = setTimeout(() => tell({ kind: "away" }), AWAY_MS);
  }
}
