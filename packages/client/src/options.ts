/** What an app tells MasqClient when it connects. */
import type { ConsentRequest } from "./store-mode/attach.ts";

export interface ConnectOptions {
  readonly app: {
    /** Shown to the person, in quotes, beside the app's origin. */
    readonly name: string;
    /** Native apps only: a reverse domain name. In a browser the page's origin is the app's identity. */
    readonly id?: string | undefined;
    /**
     * Web apps in peer mode: the address, as seen from the page, at which an invitation link opens the app on another
     * device. Default: the origin.
     */
    readonly url?: string | undefined;
  };
  /**
   * Where the data are: in a store on this computer, or held by the app itself ("peer"). Default: "auto". With a grant
   * that is the store; otherwise in a browser the app itself, on Node the store, or the app itself if it has held data
   * before, or names a sync service and no store answers.
   */
  readonly mode?: "auto" | "store" | "peer" | undefined;
  /** Peer mode: where the app's devices meet, as wss://sync.example.org. Without one the data stay on this device. */
  readonly syncService?: string | undefined;
  /** The access token that this sync service asks for, 1 to 255 bytes; shown to no other. It can be read by whoever has the app. */
  readonly syncServiceToken?: string | undefined;
  /** Peer mode on Node: nothing is kept. Each such client is another device, with data of its own. */
  readonly inMemory?: boolean | undefined;
  /**
   * Web apps: the page was opened, now or while it stays open, by an invitation link, which was taken out of the address
   * bar. Ask the person, then hand it to `pairing.accept`.
   */
  readonly onInvitation?: ((link: string) => void) | undefined;
  /** The namespace to use; default: the app's own. Another one needs its owner's consent. */
  readonly namespace?: string | undefined;
  readonly store?: {
    /** Default: ws://127.0.0.1 on the three documented ports in turn, for on a shared computer they may be others' stores'. */
    readonly url?: string | undefined;
  };
  /** Node only: where the app keeps its key and grant, and in peer mode its data, in files of mode 0600. Default: `.masq`. */
  readonly directory?: string | undefined;
  /**
   * Called when the store's owner is asked for consent: show the code, so that they can compare it. Without it nobody is
   * asked, and an app that has no grant yet and was not named with `masq start --allow` gets MASQ_GRANT_MISSING.
   */
  readonly onConsent?: ((request: ConsentRequest) => void) | undefined;
  /**
   * How long a call waits in all for a store that is away, comes and goes, or hangs, in milliseconds. Default: 30,000. A
   * store is given at least a second to say something.
   */
  readonly patienceMs?: number | undefined;
  /** Gives up connecting, and the wait for consent. */
  readonly signal?: AbortSignal | undefined;
}

export interface BatchOptions {
  /**
   * Resolve only when so many other devices are known to hold the write durably too; "device" means one. It is durable
   * here before that wait begins, which has no end if those devices never come: give a `signal`. MASQ_ABORTED then says
   * nothing about the write, which stays and spreads.
   */
  readonly until?: "device" | number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions extends BatchOptions {
  /** Fail with MASQ_CONFLICT unless the entry is still at this version; "" means: unless it is absent. */
  readonly ifVersion?: string | undefined;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends ReadOptions {
  readonly prefix?: string | undefined;
  readonly gt?: string | undefined;
  readonly gte?: string | undefined;
  readonly lt?: string | undefined;
  readonly lte?: string | undefined;
  /** Default: all. */
  readonly limit?: number | undefined;
  readonly reverse?: boolean | undefined;
}

export type BatchOperation =
  | {
      readonly op: "put";
      readonly key: string;
      readonly value: unknown;
      readonly ifVersion?: string | undefined;
    }
  | { readonly op: "del"; readonly key: string; readonly ifVersion?: string | undefined };
