/** What MasqClient needs to know of where it runs: browser and Node each have one implementation. */
import type { Host, NamespaceId, OpenSocket, DhKey } from "@masq/core";

/** What a store gave an app at consent; kept between runs. */
export interface StoreGrant {
  /** 16 bytes. */
  readonly keyId: Uint8Array;
  /** The store's key towards this app: what answers without it is not that store. */
  readonly storeKey: Uint8Array;
  /**
   * Of an app that held its data itself before. `unfinished`: the store does not hold them yet, so that the app goes on
   * without it. `untold`: it holds them, and the app's other devices have yet to learn of it. Undefined: there is nothing to do.
   */
  readonly adoption?: "unfinished" | "untold" | undefined;
}

/** An app's key pair and grant, kept where only this app and this user can read them. */
export interface Credentials {
  readonly key: DhKey;
  readonly grant: StoreGrant | undefined;
  /** Replaces the grant, durably; undefined forgets it. */
  saveGrant(grant: StoreGrant | undefined): Promise<void>;
}

export interface AppIdentity {
  readonly identity: NamespaceId;
  /** The id a native app claims; empty in a browser, which vouches for the page's origin. */
  readonly appId: string;
}

export interface Platform {
  readonly host: Host;
  readonly openSocket: OpenSocket;
  /** Throws MASQ_OPTION_INVALID when the app's id is missing or malformed. */
  identify(appId: string | undefined): AppIdentity;
  /** Whether an app without a grant looks for a store by itself: a browser would ask the person about that. */
  readonly looksForStore: boolean;
  /** What a store has given this app, as far as it can be read. Makes nothing. */
  readGrant(identity: NamespaceId, directory: string | undefined): Promise<StoreGrant | undefined>;
  /** Whether the app has held its data itself before, where `looksForStore`. Makes nothing. */
  hasOwnData(identity: NamespaceId, directory: string | undefined): Promise<boolean>;
  /**
   * Opens the app's credentials, making a key when there is none. Rejects with MASQ_DIRECTORY_INVALID or
   * MASQ_BROWSER_UNSUITABLE where they cannot be made or kept.
   */
  openCredentials(identity: NamespaceId, directory: string | undefined): Promise<Credentials>;
}
