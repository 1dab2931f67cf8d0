/** What peer mode needs to know of where it runs, beside `Platform`: loaded only where the app holds its data itself. */
import type { NamespaceId, Storage } from "@masq/core";
import type { DeviceKeys, PeerPrimitives } from "@masq/core/peer";
import type { Holder } from "../peer-mode/holder.ts";
import type { Seat } from "../peer-mode/seat.ts";

/** Where an app's own data are. */
export interface DataPlace {
  readonly namespace: NamespaceId;
  /** Node only. Default: `.masq`. */
  readonly directory: string | undefined;
  /** Node only: nothing is kept. */
  readonly inMemory: boolean;
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
  /** The device's keys in the namespace's circle, made where there are none. Rejects as `openStorage`. */
  openPeerKeys(storage: Storage, place: DataPlace): Promise<DeviceKeys>;
  /**
   * The way to whoever holds the data; `start` is called where that is to be here, and given the storage to use. It
   * rejects as `openStorage`.
   */
  openSeat(place: DataPlace, start: (storage: Storage) => Promise<Holder>): Seat;
}
