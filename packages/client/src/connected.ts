/** What a client works on, which may change while it runs: from the app's own keeping to a store, and back. */
import type { MasqError } from "@masq/core";
import type { Device } from "./device-status.ts";
import type { Link, LinkOptions } from "./link/link.ts";
import type { Source } from "./link/source.ts";
import type { Pairing } from "./pairing.ts";
import type { NoStoreReason, StorageKind, UseStoreOptions, UseStoreResult } from "./use-store.ts";

export type Mode = "store" | "peer";

/** One of the modes, ready to be used. */
export interface Way {
  readonly mode: Mode;
  readonly source: Source;
  readonly pairing: Pairing;
  /** With their names, where they are the app's own. */
  readonly devices: (link: Link, signal: AbortSignal | undefined) => Promise<Device[]>;
  readonly storageKind: () => Promise<StorageKind>;
  readonly persist: () => Promise<StorageKind>;
  readonly useStore: (
    connected: Connected,
    options: Partial<UseStoreOptions>,
  ) => Promise<UseStoreResult>;
  /** The client is on it: called once for each time. */
  readonly entered?: (connected: Connected) => void;
}

export interface ConnectedOptions {
  readonly way: Way;
  /** Opens the app's own keeping, where that is a way to go on when a store's owner withdraws access. */
  readonly openPeer: (() => Promise<Way>) | undefined;
  readonly openLink: (options: Pick<LinkOptions, "source" | "elsewhere">) => Promise<Link>;
  /** Something of what this says differs. */
  readonly changed: () => void;
}

export class Connected {
  way: Way;
  /** The app's own keeping beside the store that its data have gone over to: others still learn of the store from it. */
  left: Way | undefined;
  noStore: NoStoreReason | undefined;
  readonly changed: () => void;
  readonly #openPeer: ConnectedOptions["openPeer"];
  #link: Link | undefined;

  private constructor({ way, openPeer, changed }: ConnectedOptions) {
    this.way = way;
    this.changed = changed;
    this.#openPeer = openPeer;
  }

  /** Rejects as the link does; the way is closed then. */
  static async open(options: ConnectedOptions): Promise<Connected> {
    const connected = new Connected(options);
    const { way, openLink } = options;
    const { source } = way;
    try {
      connected.#link = await openLink({
        source,
        elsewhere: (reason) => connected.#elsewhere(reason),
      });
      way.entered?.(connected);
      return connected;
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  get link(): Link {
    return this.#link as Link;
  }

  async close(): Promise<void> {
    this.link.close();
    await Promise.all([this.way.source.close(), this.left?.source.close()]);
  }

  /** The store's owner has withdrawn access: the app goes on with what it holds itself. */
  #elsewhere({ code }: MasqError): Source | undefined {
    const { way, left } = this;
    const open = left === undefined ? this.#openPeer : async (): Promise<Way> => left;
    const isBack = code === "MASQ_GRANT_REVOKED" && this.#link !== undefined;
    if (!isBack || open === undefined) return undefined;
    this.noStore = "revoked";
    return {
      ...way.source,
      attach: async (request) => {
        const peer = await open();
        this.way = peer;
        peer.entered?.(this);
        this.link.source = peer.source;
        return peer.source.attach(request);
      },
    };
  }
}
