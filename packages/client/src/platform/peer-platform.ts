/** What peer mode needs to know of where it runs, beside `Platform`: loaded only where the app holds its data itself. */
import type { MasqError, NamespaceId, Storage } from "@masq/core";
import type { DeviceKeys, PeerPrimitives } from "@masq/core/peer";
import type { Holder } from "../peer-mode/holder.ts";
import type { Seat } from "../peer-mode/seat.ts";
import type { NoStoreReason, StorageKind } from "../use-store.ts";

/** Where an app's own data are. */
export interface DataPlace {
  readonly namespace: NamespaceId;
  /** Node only. Default: `.masq`. */
  readonly directory: string | undefined;
  /** Node only: nothing is kept. */
  readonly inMemory: boolean;
}

/** Why a page does not come to reach a store that may be there. */
export type LoopbackObstacle = Extract<
  NoStoreReason,
  "blocked-by-browser" | "needs-permission" | "mixed-content" | "csp"
>;

/** Watches what the browser says about one attempt to reach a store. */
export interface LoopbackWatch {
  /** The browser will ask the person, who takes their time. */
  readonly mayAsk: boolean;
  /** What has made the attempt fail with this error; undefined when nothing answers. */
  obstacle(error: MasqError): Promise<LoopbackObstacle | undefined>;
  end(): void;
}

export interface PeerPlatform {
  readonly crypto: PeerPrimitives;
  /** What this device first calls itself towards the person's others. */
  deviceName(): string;
  /** The app's address for invitation links; undefined where there are no pages. Throws MASQ_OPTION_INVALID. */
  pageUrl(url: string): string | undefined;
  /** Calls `listener` with each invitation link this page is opened by, at once or later, until the function returned is called. */
  onInvitation(listener: (link: string) => void): () => void;
  /** Rejects with MASQ_STORAGE_…, MASQ_DIRECTORY_INVALID or, where Node has no SQLite, MASQ_OPTION_INVALID. */
  openStorage(place: DataPlace): Promise<Storage>;
  watchLoopback(): Promise<LoopbackWatch>;
  /** How long what is kept at this place stays. */
  storageKind(place: DataPlace): Promise<StorageKind>;
  /** Asks for it to be kept until the person deletes it; as `storageKind` then. */
  persist(place: DataPlace): Promise<StorageKind>;
  /** The device's keys in the namespace's circle, made where there are none. Rejects as `openStorage`. */
  openPeerKeys(storage: Storage, place: DataPlace): Promise<DeviceKeys>;
  /**
   * The way to whoever holds the data; `start` is called where that is to be here, and given the storage to use, and
   * whether what it held before was deleted by the browser. It rejects as `openStorage`.
   */
  openSeat(
    place: DataPlace,
    start: (storage: Storage, isEvicted: boolean) => Promise<Holder>,
  ): Seat;
}
