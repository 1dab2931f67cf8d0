/**
 * Holds an app's data where there is no store: one replica, this device's part in the namespace's app circle, and a
 * connection of the local protocol for each client of the app. Clients see no difference to a store.
 */
import {
  CLOSE_GOING_AWAY,
  CLOSE_LIMIT,
  CLOSE_REPLACED,
  Connection,
  fromUtf8,
  Instances,
  LocalSession,
  plainCipher,
  pruneWriters,
  Replica,
  utf8,
  watchStorage,
  type Host,
  type NamespaceId,
  type OpenSocket,
  type Socket,
  type Storage,
  type StorageHealth,
  type WatchedStorage,
} from "@masq/core";
import {
  Membership,
  otherDevices,
  syncServiceAddress,
  type DeviceKeys,
  type PeerPrimitives,
  type RelayAccess,
} from "@masq/core/peer";
import { PeerService } from "./peer-service.ts";
import { watchReach, type Reach } from "./reach.ts";

/** More tabs than anybody has open. */
const MAX_CONNECTIONS = 512;
/** How often it is found out whether a storage without any room takes something again. */
const ROOM_CHECK_MS = 30_000;
/** Where the device listens when the app names no sync service: the one of the invitation it accepted. */
const SYNC_SERVICE_NOTE = "sync-service";

export interface HolderOptions {
  readonly host: Host;
  readonly crypto: PeerPrimitives;
  readonly openSocket: OpenSocket;
  /** The holder's from now on: it closes it. */
  readonly storage: Storage;
  readonly keys: DeviceKeys;
  readonly namespace: NamespaceId;
  /** What this device first calls itself. */
  readonly name: string;
  readonly syncService: string | undefined;
  /** The relay of the store that has the data too, if there is one. */
  readonly localRelay: RelayAccess | undefined;
  /** What was held here before was deleted by the browser. */
  readonly isEvicted: boolean;
  readonly access?: RelayAccess | undefined;
}

export class Holder {
  readonly #options: HolderOptions;
  readonly #storage: Storage;
  readonly #health: StorageHealth;
  readonly #namespace: NamespaceId;
  readonly #replica: Replica;
  readonly #membership: Membership;
  readonly #reach: Reach;
  readonly #instances = new Instances();
  readonly #connections = new Set<Connection>();
  #cancelCheck = (): void => {};
  #closing: Promise<void> | undefined;

  private constructor(
    options: HolderOptions,
    { storage, health }: WatchedStorage,
    replica: Replica,
    membership: Membership,
  ) {
    this.#options = options;
    this.#storage = storage;
    this.#health = health;
    this.#namespace = options.namespace;
    this.#replica = replica;
    this.#membership = membership;
    this.#reach = watchReach(membership);
    this.#checkRoom();
  }

  /** Rejects with MASQ_STORAGE_…; the storage stays the caller's then. */
  static async open(options: HolderOptions): Promise<Holder> {
    const { host, crypto, openSocket, keys, namespace, name } = options;
    const watched = watchStorage(options.storage);
    const { storage } = watched;
    await pruneWriters(storage, namespace);
    const replica = await Replica.open(host, storage, namespace);
    const syncService = options.syncService ?? (await adoptedSyncService(storage, namespace));
    const membership = await Membership.open({
      host,
      crypto,
      openSocket,
      storage,
      namespace,
      keys,
      role: "app",
      scope: namespace,
      name,
      syncServices: syncService === undefined ? [] : [syncService],
      ...(options.access && { access: options.access }),
      namespaces: async () => [namespace],
      // Whatever another member asks for: an app's circle has one namespace.
      shares: (asked) => asked === namespace,
      replica: async () => replica,
    });
    if (options.localRelay !== undefined) membership.meetAlsoAt(options.localRelay);
    return new Holder(options, watched, replica, membership);
  }

  /** Serves a client at the other end of the socket. */
  accept(socket: Socket): void {
    if (this.#closing !== undefined) return socket.close(CLOSE_GOING_AWAY);
    if (this.#connections.size >= MAX_CONNECTIONS) return socket.close(CLOSE_LIMIT);
    const session = new LocalSession(socket, { send: plainCipher, receive: plainCipher });
    const service = new PeerService({
      namespace: this.#namespace,
      replica: this.#replica,
      membership: this.#membership,
      instances: this.#instances,
      otherDevices: otherDevices(this.#namespace, () => [this.#membership]),
      adoptSyncService: (url) => this.#adopt(url),
      isEvicted: this.#options.isEvicted,
      health: this.#health,
      reach: this.#reach,
      adopted: () => {
        for (const each of this.#connections) each.emit("adopted", null);
      },
      emit: (name, data) => connection.emit(name, data),
      replaced: () => connection.close(CLOSE_REPLACED),
    });
    const connection = new Connection({
      session,
      service,
      // It is told to the client that asked; what was acknowledged is not touched by it.
      defect: () => {},
      closed: () => void this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    connection.open();
  }

  /** Ends every connection at once: nothing is answered from here on. Resolves when the storage is closed. Idempotent. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = Promise.resolve();
      this.#cancelCheck();
      this.#membership.close();
      for (const connection of this.#connections) connection.close(CLOSE_GOING_AWAY);
      this.#connections.clear();
      this.#closing = this.#storage.close();
    }
    return this.#closing;
  }

  /** A storage that has not taken even its fence is known by it at once, and goes on without anybody writing. */
  #checkRoom(): void {
    const { clock } = this.#options.host;
    this.#storage
      .update(this.#namespace, {}, () => ({ result: undefined }))
      .catch(() => {
        if (this.#closing === undefined)
          this.#cancelCheck = clock.setTimer(ROOM_CHECK_MS, () => this.#checkRoom());
      });
  }

  async #adopt(url: string): Promise<void> {
    await this.#storage.update(this.#namespace, {}, () => ({
      notes: [[SYNC_SERVICE_NOTE, utf8(url)]],
      result: undefined,
    }));
    await this.#membership.setSyncServices([url]);
  }
}

const adoptedSyncService = async (
  storage: Storage,
  namespace: NamespaceId,
): Promise<string | undefined> => {
  const note = await storage.note(namespace, SYNC_SERVICE_NOTE);
  return note === undefined ? undefined : syncServiceAddress(fromUtf8(note));
};
