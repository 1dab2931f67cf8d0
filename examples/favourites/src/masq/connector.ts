/** From "not connected" to "connected" and back, as states a page can show. */
import { MasqClient, type Status } from "@masq/client";
import { codeOf } from "./code-of.ts";

export type Connection =
  /** Looking whether the person has allowed this app before. */
  | { readonly kind: "starting" }
  /** Nobody was asked yet: the person begins. */
  | { readonly kind: "welcome" }
  | { readonly kind: "connecting" }
  /** The store's owner compares six digits. */
  | { readonly kind: "consent"; readonly digits: string; readonly expires: Date }
  | { readonly kind: "connected" }
  /** The store went away; the client comes back by itself. */
  | { readonly kind: "away" }
  | { readonly kind: "failed"; readonly code: string };

const APP = { name: "Favourites" };
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 8_000;

/** Where whoever serves the page says the store is; without it the documented ports are tried. */
const storeUrl = (): string | undefined =>
  document.querySelector<HTMLMetaElement>('meta[name="masq-store"]')?.content || undefined;

export class Connector {
  readonly #tell: (connection: Connection) => void;
  readonly #connected: (masq: MasqClient) => void;
  #masq: MasqClient | undefined;
  #attempt = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (connection: Connection) => void, connected: (masq: MasqClient) => void) {
    this.#tell = tell;
    this.#connected = connected;
  }

  /** Connects where this app has access, and asks nobody. */
  start(): void {
    this.#tell({ kind: "starting" });
    void this.#connect(false, FIRST_RETRY_MS);
  }

  /** Connects, and asks the store's owner where this app has no access yet. */
  ask(): void {
    this.#tell({ kind: "connecting" });
    void this.#connect(true, FIRST_RETRY_MS);
  }

  /** Gives up waiting. */
  cancel(): void {
    this.#attempt.abort();
    clearTimeout(this.#timer);
    this.#tell({ kind: "welcome" });
  }

  /** After the person said that they have set up their store anew. */
  async forget(): Promise<void> {
    await MasqClient.forgetStore({ app: APP });
    this.ask();
  }

  async #connect(mayAsk: boolean, retryMs: number): Promise<void> {
    this.#attempt.abort();
    clearTimeout(this.#timer);
    const attempt = new AbortController();
    this.#attempt = attempt;
    const former = this.#masq;
    this.#masq = undefined;
    await former?.close();
    try {
      const masq = await MasqClient.connect({
        app: APP,
        mode: "store",
        store: { url: storeUrl() },
        signal: attempt.signal,
        ...(mayAsk && {
          onConsent: ({ code, expires }) => this.#tell({ kind: "consent", digits: code, expires }),
        }),
      });
      if (attempt.signal.aborted) return await masq.close();
      this.#masq = masq;
      masq.on("status", (status) => {
        if (this.#masq === masq) this.#follow(status);
      });
      this.#connected(masq);
      this.#tell({ kind: "connected" });
    } catch (error) {
      if (!attempt.signal.aborted) this.#failed(error, mayAsk, retryMs);
    }
  }

  #failed(error: unknown, mayAsk: boolean, retryMs: number): void {
    const code = codeOf(error);
    if (code === "MASQ_GRANT_MISSING" && !mayAsk) return this.#tell({ kind: "welcome" });
    this.#tell({ kind: "failed", code });
    // A store that is not running yet may be started any moment. Everything else waits for the person.
    if (code !== "MASQ_STORE_ABSENT") return;
    this.#timer = setTimeout(
      () => void this.#connect(mayAsk, Math.min(2 * retryMs, MAX_RETRY_MS)),
      retryMs,
    );
  }

  #follow({ connected, ended }: Status): void {
    if (ended !== undefined) this.#tell({ kind: "failed", code: ended.code });
    else this.#tell({ kind: connected ? "connected" : "away" });
  }
}
