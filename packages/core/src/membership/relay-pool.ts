/** A device's connections to sync services: one for each address in use, whoever uses it. */
import { equalBytes } from "../crypto/constant-time.ts";
import type { Host, OpenSocket } from "../host.ts";
import { RelayLink, type RelayStatus } from "../relay/relay-link.ts";

/** The name of the relay of a computer's own store, in place of an address, which the two ends may write differently. */
export const LOCAL_RELAY_NAME = "local";

/** What a relay asks for that does not serve everybody. */
export interface RelayAccess {
  /** The address the token was given for, and the only one to which it is sent: others are learnt from other devices. */
  readonly url: string;
  /** 1 to 255 bytes. */
  readonly accessToken: Uint8Array;
}

export interface RelayPoolOptions {
  readonly host: Pick<Host, "clock" | "random" | "onNetworkChange">;
  readonly openSocket: OpenSocket;
  /** To the sync service this device uses. */
  readonly access?: RelayAccess;
  /** Called when `status()` differs. It must not throw. */
  readonly changed?: () => void;
}

export class RelayPool {
  readonly #options: RelayPoolOptions;
  readonly #accessTokenByUrl = new Map<string, Uint8Array>();
  readonly #useByUrl = new Map<string, { readonly link: RelayLink; users: number }>();

  constructor(options: RelayPoolOptions) {
    this.#options = options;
    if (options.access !== undefined) this.setAccessToken(options.access);
  }

  /** What to show at `url`, from the next connection to it on. False if it is so already. */
  setAccessToken({ url, accessToken }: RelayAccess): boolean {
    const before = this.#accessTokenByUrl.get(url);
    if (before !== undefined && equalBytes(before, accessToken)) return false;
    this.#accessTokenByUrl.set(url, accessToken);
    return true;
  }

  /** The connection to `url`, made at the first use; to be given back by `release`. */
  use(url: string): RelayLink {
    let use = this.#useByUrl.get(url);
    if (use === undefined) {
      const { host, openSocket } = this.#options;
      const accessToken = this.#accessTokenByUrl.get(url);
      const link = new RelayLink({ host, openSocket, url, ...(accessToken && { accessToken }) });
      link.onStatus(() => this.#options.changed?.());
      use = { link, users: 0 };
      this.#useByUrl.set(url, use);
    }
    use.users += 1;
    return use.link;
  }

  /** The last user closes the connection. */
  release(url: string): void {
    const use = this.#useByUrl.get(url);
    if (use === undefined) return;
    use.users -= 1;
    if (use.users > 0) return;
    this.#useByUrl.delete(url);
    use.link.close();
  }

  status(): { readonly url: string; readonly status: RelayStatus }[] {
    return Array.from(this.#useByUrl, ([url, { link }]) => ({ url, status: link.status }));
  }

  close(): void {
    for (const { link } of this.#useByUrl.values()) link.close();
    this.#useByUrl.clear();
  }
}
