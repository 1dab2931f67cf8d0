/** The store's replicas, each opened once. */
import {
  MasqError,
  pruneWriters,
  Replica,
  type Host,
  type NamespaceId,
  type Storage,
} from "@masq/core";

export class Replicas {
  readonly #host: Host;
  readonly #storage: Storage;
  readonly #replicaByNamespace = new Map<NamespaceId, Promise<Replica>>();
  readonly #listeners = new Set<(namespace: NamespaceId) => void>();

  constructor(host: Host, storage: Storage) {
    this.#host = host;
    this.#storage = storage;
  }

  /** Opens the replica, making an empty one for a namespace that is new here. */
  open(namespace: NamespaceId): Promise<Replica> {
    let replica = this.#replicaByNamespace.get(namespace);
    if (replica === undefined) {
      replica = this.#load(namespace);
      this.#replicaByNamespace.set(namespace, replica);
      replica.catch(() => this.#replicaByNamespace.delete(namespace));
    }
    return replica;
  }

  /** Opens a replica that is there already; rejects with MASQ_NOT_FOUND otherwise. */
  async openExisting(namespace: NamespaceId): Promise<Replica> {
    if ((await this.#storage.state(namespace)) === undefined) {
      throw new MasqError(
        "MASQ_NOT_FOUND",
        "This store holds no such namespace. `masq data list` shows those it holds.",
      );
    }
    return this.open(namespace);
  }

  /** Calls `listener` with each namespace whose replica is opened, hence there. */
  onOpened(listener: (namespace: NamespaceId) => void): void {
    this.#listeners.add(listener);
  }

  async #load(namespace: NamespaceId): Promise<Replica> {
    await pruneWriters(this.#storage, namespace);
    const replica = await Replica.open(this.#host, this.#storage, namespace);
    for (const listener of this.#listeners) listener(namespace);
    return replica;
  }
}
