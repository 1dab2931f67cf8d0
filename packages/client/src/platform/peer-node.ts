/** Peer mode on Node: SQLite, encrypted page by page, in the app's directory; one process at a time. */
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { codeOf, MasqError, memoryStorage, type Storage } from "@masq/core";
import { deviceNameOf, loadDeviceKeys } from "@masq/core/peer";
import { databaseKey, nodeHost, nodePeerPrimitives, preparePrivateDirectory } from "@masq/node";
import { ownSeat, shareSeat, type Seat } from "../peer-mode/seat.ts";
import type { StorageKind } from "../use-store.ts";
import { databaseFile, DEFAULT_DIRECTORY, isOurs } from "./node-files.ts";
import type { DataPlace, PeerPlatform } from "./peer-platform.ts";

const loadSqlite = async (): Promise<typeof import("@masq/node/sqlite")> => {
  try {
    return await import("@masq/node/sqlite");
  } catch (cause) {
    throw new MasqError(
      "MASQ_OPTION_INVALID",
      "An app that holds its data itself needs the package better-sqlite3-multiple-ciphers: install it beside @masq/client. Nothing was written.",
      { cause },
    );
  }
};

const openStorage = async (place: DataPlace): Promise<Storage> => {
  if (place.inMemory) return memoryStorage();
  const { directory = DEFAULT_DIRECTORY, namespace } = place;
  const { openSqliteStorage, succeedIfCopied } = await loadSqlite();
  await preparePrivateDirectory(directory, isOurs);
  const file = databaseFile(directory, namespace);
  const key = await databaseKey(`${file}-key`, file, nodeHost.random);
  try {
    const storage = await openSqliteStorage({ file, key });
    try {
      await succeedIfCopied(nodeHost, storage, { file, namespace });
    } catch (error) {
      await storage.close();
      throw error;
    }
    return storage;
  } catch (error) {
    if (codeOf(error) !== "MASQ_STORAGE_LOCKED") throw error;
    throw new MasqError(
      "MASQ_STORAGE_LOCKED",
      `${file} is in use by another process of this app, which goes on running. Nothing was changed. Give each its own directory, and pair them.`,
      { cause: error },
    );
  }
};

const storageKind = async ({ inMemory }: DataPlace): Promise<StorageKind> =>
  inMemory ? "memory" : "persistent";

export const peerPlatform: PeerPlatform = {
  crypto: nodePeerPrimitives,
  deviceName: () => deviceNameOf(hostname().split(".")[0] ?? "", "Computer"),
  pageUrl: () => undefined,
  onInvitation: () => () => {},
  watchLoopback: async () => ({ mayAsk: false, obstacle: async () => undefined, end: () => {} }),
  storageKind,
  persist: storageKind,
  openStorage,
  openPeerKeys: (storage, { namespace }) =>
    loadDeviceKeys(nodePeerPrimitives, nodeHost.random, storage, namespace),
  openSeat(place, start) {
    const { directory = DEFAULT_DIRECTORY, namespace, inMemory } = place;
    const open = (): Seat => ownSeat(async () => start(await openStorage(place), false));
    // Each is a device of its own, whatever else of the app runs in this process.
    if (inMemory) return open();
    return shareSeat(join(resolve(directory), namespace), open);
  },
};
