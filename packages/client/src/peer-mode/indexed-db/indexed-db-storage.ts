/**
 * The storage of a browser: one IndexedDB database, group commit, any number of tabs at once. docs/architecture.md.
 * Nothing read in one transaction is used in another, as another tab may have written in between. What is kept is the
 * database's birth id alone, which never changes.
 */
import {
  compareBytes,
  decodeReplicaState,
  type Change,
  type Clock,
  type Host,
  type ListOptions,
  type NamespaceId,
  type Reads,
  type ReplicaState,
  type Row,
  type Storage,
  type StorageStat,
  utf8,
  type View,
} from "@masq/core";
import { unwrap, wrap } from "idb";
import { Connection } from "./connection.ts";
import { GroupCommit } from "./group-commit.ts";
import { arrivingRows, listRows, readKeys } from "./read-rows.ts";
import { noteKey, notesWithPrefix, toNote } from "./records.ts";
import { MIGRATIONS, type Migration, type NoteRecord, NOTES, ROWS, STATES } from "./schema.ts";
import { closedError, toStorageError } from "./storage-errors.ts";

export interface IndexedDbOptions {
  /** Name of the database, unique in the page's origin. Made when absent. */
  readonly name: string;
  readonly host: Pick<Host, "clock" | "random">;
  /** Default: those of this version. For tests of upgrades. */
  readonly migrations?: readonly Migration[];
}

export interface IndexedDbStorage extends Storage {
  /** The database was made just now: on a first visit, or because the browser has evicted the one before. */
  readonly isNew: boolean;
  /** 32 hexadecimal digits, random, given to the database when it was made: for evictionMarker. */
  readonly birth: string;
}

/** Chromium tells what IndexedDB alone takes; it is not in the Storage Standard. */
interface Estimate extends StorageEstimate {
  readonly usageDetails?: { readonly indexedDB?: number };
}

class IndexedDb implements IndexedDbStorage {
  readonly #connection: Connection;
  readonly #commits: GroupCommit;
  #isClosed = false;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#commits = new GroupCommit(connection, clock);
  }

  get isNew(): boolean {
    return this.#connection.isNew;
  }

  get birth(): string {
    return this.#connection.birth;
  }

  update<Result>(
    namespace: NamespaceId,
    reads: Reads,
    change: (view: View) => Change<Result>,
  ): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#checkOpen();
      this.#commits.push({
        namespace,
        reads,
        change,
        resolve: resolve as (result: unknown) => void,
        reject,
      });
    });
  }

  get(namespace: NamespaceId, keys: readonly string[]): Promise<Row[][]> {
    return this.#read(ROWS, (store) => readKeys(store, namespace, keys));
  }

  list(namespace: NamespaceId, options: ListOptions): Promise<Row[]> {
    return this.#read(ROWS, (store) => listRows(store, namespace, options));
  }

  arrivals(namespace: NamespaceId, after: number, limit: number, maxBytes: number): Promise<Row[]> {
    return this.#read(ROWS, (store) => arrivingRows(store, namespace, after, limit, maxBytes));
  }

  state(namespace: NamespaceId): Promise<ReplicaState | undefined> {
    return this.#read(STATES, async (store) => {
      const bytes: Uint8Array | undefined = await wrap(store.get(namespace));
      return bytes && decodeReplicaState(bytes);
    });
  }

  note(namespace: NamespaceId, name: string): Promise<Uint8Array | undefined> {
    return this.#read(NOTES, async (store) => {
      const record: NoteRecord | undefined = await wrap(store.get(noteKey(namespace, name)));
      return record?.v;
    });
  }

  notes(namespace: NamespaceId, prefix: string): Promise<[string, Uint8Array][]> {
    return this.#read(NOTES, async (store) => {
      const records: NoteRecord[] = await wrap(store.getAll(notesWithPrefix(namespace, prefix)));
      return records.map(toNote);
    });
  }

  namespaces(): Promise<NamespaceId[]> {
    return this.#read(STATES, async (store) => {
      const names = (await wrap(store.getAllKeys())) as NamespaceId[];
      return names.sort((a, b) => compareBytes(utf8(a), utf8(b)));
    });
  }

  /**
   * `durable` when the browser has promised to keep this site's data until the person clears them (Storage Standard,
   * "Persistence permission"); otherwise it may evict them. `bytes` counts for the whole origin, other databases too: browsers tell no
   * more, and round what they tell.
   */
  async stat(): Promise<StorageStat> {
    this.#checkOpen();
    const manager = globalThis.navigator?.storage as StorageManager | undefined;
    const [durable = false, estimate] = await Promise.all([
      manager?.persisted?.(),
      manager?.estimate?.() as Promise<Estimate> | undefined,
    ]).catch(() => []);
    const bytes = estimate?.usageDetails?.indexedDB ?? estimate?.usage ?? 0;
    return { bytes, durable, encrypted: false };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#commits.idle();
    this.#connection.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closedError();
  }

  async #read<Result>(
    store: string,
    read: (store: IDBObjectStore) => Promise<Result>,
  ): Promise<Result> {
    this.#checkOpen();
    try {
      return await this.#connection.use((database) =>
        read(unwrap(database).transaction(store, "readonly").objectStore(store)),
      );
    } catch (error) {
      throw toStorageError(error);
    }
  }
}

/** Opens or creates the database; see openDatabase for the errors. */
export const openIndexedDbStorage = async (
  options: IndexedDbOptions,
): Promise<IndexedDbStorage> => {
  const { name, host, migrations = MIGRATIONS } = options;
  return new IndexedDb(await Connection.open({ name, host, migrations }), host.clock);
};
