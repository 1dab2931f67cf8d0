/** The durable storage of Node: one encrypted SQLite file, one connection, group commit. docs/architecture.md. */
import {
  type Change,
  type ListOptions,
  MasqError,
  type NamespaceId,
  type Reads,
  type ReplicaState,
  type Row,
  type Storage,
  type StorageStat,
  type View,
} from "@masq/core";
import type { Database } from "./driver.ts";
import { GroupCommit } from "./group-commit.ts";
import { fileSize, openDatabase, walOf } from "./open-database.ts";
import { MIGRATIONS, type Migration } from "./schema.ts";
import { toStorageError } from "./storage-errors.ts";
import { Tables } from "./tables.ts";
import { BULK } from "./version-rows.ts";

export interface SqliteStorageOptions {
  /** Path of the database; its directory must exist. Created with mode 0600 when absent. */
  readonly file: string;
  /** 32 random bytes: the key of the page encryption itself. */
  readonly key: Uint8Array;
  /** Default: those of this version. For tests of upgrades. */
  readonly migrations?: readonly Migration[];
}

export interface SqliteStorage extends Storage {
  /** The last process did not close this store: worth a `quickCheck` when there is time. */
  readonly wasUnclean: boolean;
  /** "ok", or what is wrong in the engine's words. Reads the whole file and blocks this thread meanwhile. */
  quickCheck(): Promise<string>;
}

class SqliteFile implements SqliteStorage {
  readonly wasUnclean: boolean;
  readonly #file: string;
  readonly #database: Database;
  readonly #tables: Tables;
  readonly #commits: GroupCommit;
  #closed = false;

  constructor(file: string, database: Database, wasUnclean: boolean) {
    this.#file = file;
    this.#database = database;
    this.wasUnclean = wasUnclean;
    this.#tables = new Tables(database);
    this.#commits = new GroupCommit(database, this.#tables);
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
        keys: reads.keys ?? [],
        change,
        resolve: resolve as (result: unknown) => void,
        reject,
        result: undefined,
        failure: undefined,
      });
    });
  }

  async get(namespace: NamespaceId, keys: readonly string[]): Promise<Row[][]> {
    return this.#read((tables) => {
      const space = tables.space(namespace);
      if (keys.length < BULK) return keys.map((key) => tables.rows(space, key));
      const rowsByKey = tables.rowsByKey(space, keys);
      return keys.map((key) => rowsByKey.get(key) as Row[]);
    });
  }

  async list(namespace: NamespaceId, options: ListOptions): Promise<Row[]> {
    return this.#read((tables) => tables.list(tables.space(namespace), options));
  }

  async arrivals(
    namespace: NamespaceId,
    after: number,
    limit: number,
    maxBytes: number,
  ): Promise<Row[]> {
    return this.#read((tables) => tables.arrivals(tables.space(namespace), after, limit, maxBytes));
  }

  async state(namespace: NamespaceId): Promise<ReplicaState | undefined> {
    return this.#read((tables) => {
      const { state } = tables.space(namespace);
      // The cached one must not be handed out: a caller could alter its digest.
      return state && { ...state, vector: new Map(state.vector), digest: state.digest.slice() };
    });
  }

  async note(namespace: NamespaceId, name: string): Promise<Uint8Array | undefined> {
    return this.#read((tables) => tables.note(tables.space(namespace), name));
  }

  async notes(namespace: NamespaceId, prefix: string): Promise<[string, Uint8Array][]> {
    return this.#read((tables) => tables.notes(tables.space(namespace), prefix));
  }

  async namespaces(): Promise<NamespaceId[]> {
    return this.#read((tables) => tables.spaceNames());
  }

  async stat(): Promise<StorageStat> {
    return this.#read(() => ({
      bytes: fileSize(this.#file) + fileSize(walOf(this.#file)),
      durable: true,
      encrypted: true,
    }));
  }

  async quickCheck(): Promise<string> {
    this.#checkOpen();
    try {
      return this.#database.pragma("quick_check(1)", { simple: true }) as string;
    } catch (error) {
      return toStorageError(error).message;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#commits.drain();
    try {
      this.#database.close();
    } catch (error) {
      throw toStorageError(error);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new MasqError("MASQ_CLOSED", "The storage is closed.");
  }

  #read<Result>(read: (tables: Tables) => Result): Result {
    this.#checkOpen();
    try {
      return read(this.#tables);
    } catch (error) {
      throw toStorageError(error);
    }
  }
}

/** Opens or creates the store in `file`; see openDatabase for the errors. */
export const openSqliteStorage = async (options: SqliteStorageOptions): Promise<SqliteStorage> => {
  const { file, key, migrations = MIGRATIONS } = options;
  const { database, wasUnclean } = openDatabase({ file, key, migrations });
  return new SqliteFile(file, database, wasUnclean);
};
