/**
 * The connection to a browser's database. The browser may close it at any time (memory, a page in the background, cleared
 * site data), and another tab may need it closed for an upgrade: then it is opened again when it is next needed.
 */
import type { IDBPDatabase } from "idb";
import { type DatabaseOptions, openDatabase, type OpenedDatabase } from "./open-database.ts";
import { closedError, isConnectionLost } from "./storage-errors.ts";

/** Of one call, each on a connection of its own; a connection that is lost again and again is not worth more. */
const MAX_TRIES = 3;

export class Connection {
  readonly birth: string;
  readonly isNew: boolean;
  readonly #options: Omit<DatabaseOptions, "onClose">;
  #current: IDBPDatabase | undefined;
  #opening: Promise<IDBPDatabase> | undefined;
  #isClosed = false;

  private constructor(options: Omit<DatabaseOptions, "onClose">, opened: OpenedDatabase) {
    this.birth = opened.birth;
    this.isNew = opened.isNew;
    this.#options = { ...options, birth: opened.birth };
  }

  /** Throws as openDatabase does. */
  static async open(options: Omit<DatabaseOptions, "onClose">): Promise<Connection> {
    let connection: Connection | undefined;
    let isLost = false;
    const opened = await openDatabase({
      ...options,
      onClose: (database) => {
        isLost = true;
        if (connection !== undefined) connection.#forget(database);
      },
    });
    connection = new Connection(options, opened);
    if (!isLost) connection.#current = opened.database;
    return connection;
  }

  /**
   * Runs `task` on the database, and once more on a fresh connection when the old one was lost: a task must have left
   * nothing behind when it rejects like that. Its errors come as they are.
   */
  async use<Result>(task: (database: IDBPDatabase) => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      const database = this.#current ?? (await this.#reopen());
      try {
        return await task(database);
      } catch (error) {
        if (!isConnectionLost(error) || tries === MAX_TRIES) throw error;
        database.close();
        this.#forget(database);
      }
    }
  }

  /** Transactions under way come to their end. */
  close(): void {
    this.#isClosed = true;
    this.#current?.close();
    this.#current = undefined;
  }

  #forget(database: IDBPDatabase): void {
    if (this.#current === database) this.#current = undefined;
  }

  /** Calls that find the connection lost at the same time share one attempt. */
  #reopen(): Promise<IDBPDatabase> {
    this.#opening ??= this.#openAgain().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openAgain(): Promise<IDBPDatabase> {
    if (this.#isClosed) throw closedError();
    const { database } = await openDatabase({
      ...this.#options,
      onClose: (lost) => this.#forget(lost),
    });
    if (this.#isClosed) {
      database.close();
      throw closedError();
    }
    this.#current = database;
    return database;
  }
}
