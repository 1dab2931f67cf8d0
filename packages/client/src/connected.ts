/** What a client works on, and how that changes while it runs: from the app's own keeping to a store, and back. */
import { MasqError } from "@masq/core";
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
  /** Peer mode alone. */
  readonly adoption?: {
    /**
     * Gives the data to a store, at which the link is when it resolves with it; or says why not. Without `onConsent` it
     * rejects where access was not given before.
     */
    readonly give: (
      link: Link,
      options: Partial<UseStoreOptions>,
    ) => Promise<Way | Exclude<NoStoreReason, "revoked">>;
    /** Tells the app's other devices of the store that `link` is at; resolves when all of them know. */
    readonly tell: (link: Link) => Promise<void>;
    /** Calls `listener` when another tab has given the data to a store, or when that was begun before and not finished. */
    readonly onAdopted: (listener: () => void) => void;
  };
}

export interface ConnectedOptions {
  readonly way: Way;
  /** Opens the app's own keeping, where that is a way to go on when a store's owner withdraws access. */
  readonly openPeer: (() => Promise<Way>) | undefined;
  readonly openLink: (options: Pick<LinkOptions, "source" | "elsewhere">) => Promise<Link>;
  readonly noStore?: NoStoreReason | undefined;
  /** Something of what this says differs. */
  readonly changed: () => void;
}

export class Connected {
  readonly #options: ConnectedOptions;
  #way: Way;
  /** The app's own keeping, after its data have gone over to a store: others still learn of the store from it. */
  #left: Way | undefined;
  #link: Link | undefined;
  #using: Promise<UseStoreResult> | undefined;
  #noStore: NoStoreReason | undefined;

  private constructor(options: ConnectedOptions) {
    this.#options = options;
    this.#way = options.way;
    this.#noStore = options.noStore;
  }

  /** Rejects as the link does; the way is closed then. */
  static async open(options: ConnectedOptions): Promise<Connected> {
    const connected = new Connected(options);
    const { source } = options.way;
    try {
      const elsewhere = (reason: MasqError): Source | undefined => connected.#elsewhere(reason);
      connected.#link = await options.openLink({ source, elsewhere });
      connected.#follow();
      return connected;
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  get mode(): Mode {
    return this.#way.mode;
  }

  get link(): Link {
    return this.#link as Link;
  }

  get pairing(): Pairing {
    return this.#way.pairing;
  }

  get noStore(): NoStoreReason | undefined {
    return this.#noStore;
  }

  devices(signal: AbortSignal | undefined): Promise<Device[]> {
    return this.#way.devices(this.link, signal);
  }

  storageKind(): Promise<StorageKind> {
    return this.#way.storageKind();
  }

  persist(): Promise<StorageKind> {
    return this.#way.persist();
  }

  /** Keeps what the app held itself open beside the store, until its other devices know of that. */
  async tellFrom(way: Way): Promise<void> {
    this.#left = way;
    await way.adoption?.tell(this.link);
    if (this.#left !== way) return;
    this.#left = undefined;
    await way.source.close();
  }

  /** One at a time: who asks meanwhile is told the same. */
  useStore(options: Partial<UseStoreOptions>): Promise<UseStoreResult> {
    this.#using ??= this.#useStore(options).finally(() => (this.#using = undefined));
    return this.#using;
  }

  async close(): Promise<void> {
    this.link.close();
    await Promise.all([this.#way.source.close(), this.#left?.source.close()]);
  }

  /** Goes over to the store when another tab has. */
  #follow(): void {
    this.#way.adoption?.onAdopted(() => {
      if (this.link.end === undefined) this.useStore({}).catch(() => {});
    });
  }

  async #useStore(options: Partial<UseStoreOptions>): Promise<UseStoreResult> {
    const way = this.#way;
    if (this.link.end !== undefined) throw this.link.end;
    if (way.adoption === undefined) return { used: true };
    const outcome = await way.adoption.give(this.link, options);
    if (typeof outcome === "string") {
      this.#noStore = outcome;
      this.#options.changed();
      return { used: false, reason: outcome };
    }
    this.#left = way;
    this.#way = outcome;
    this.#noStore = undefined;
    this.#options.changed();
    return { used: true };
  }

  /** The store's owner has withdrawn access: the app goes on with what it holds itself. */
  #elsewhere(reason: MasqError): Source | undefined {
    const { openPeer } = this.#options;
    const isBack = this.#link !== undefined && this.#way.mode === "store";
    if (reason.code !== "MASQ_GRANT_REVOKED" || !isBack) return undefined;
    const peer = this.#left ?? (openPeer && later(openPeer));
    if (peer === undefined) return undefined;
    void this.#way.source.close();
    this.#left = undefined;
    this.#way = peer;
    this.#noStore = "revoked";
    this.#follow();
    return peer.source;
  }
}

const adoptionOf = ({ adoption }: Way): NonNullable<Way["adoption"]> =>
  adoption as NonNullable<Way["adoption"]>;

/** The app's own keeping, opened when it is first needed. */
const later = (open: () => Promise<Way>): Way => {
  let opened: Promise<Way> | undefined;
  let adopted = (): void => {};
  const way = (): Promise<Way> => {
    opened ??= open().then((peer) => {
      adoptionOf(peer).onAdopted(() => adopted());
      return peer;
    });
    opened.catch(() => (opened = undefined));
    return opened;
  };
  return {
    mode: "peer",
    source: {
      attach: async (request) => (await way()).source.attach(request),
      isFinal: ({ code }) => code.startsWith("MASQ_STORAGE_"),
      close: async () => (await opened?.catch(() => undefined))?.source.close(),
    },
    pairing: {
      invite: async (options) => (await way()).pairing.invite(options),
      accept: async (link, options) => (await way()).pairing.accept(link, options),
    },
    devices: async (link, signal) => (await way()).devices(link, signal),
    storageKind: async () => (await way()).storageKind(),
    persist: async () => (await way()).persist(),
    adoption: {
      give: async (link, options) => adoptionOf(await way()).give(link, options),
      tell: async (link) => adoptionOf(await way()).tell(link),
      onAdopted: (listener) => void (adopted = listener),
    },
  };
};
