/** Opens a browser's database once, with bounded patience; what it is refused for is told in plain words. */
import { type Host, MasqError, toHex } from "@masq/core";
import { type IDBPDatabase, openDB, unwrap } from "idb";
import { ABOUT, BIRTH, type Migration } from "./schema.ts";
import {
  blockedError,
  deletedError,
  foreignError,
  refusedError,
  silentError,
  toStorageError,
  upgradeError,
} from "./storage-errors.ts";

/** Some browsers never answer after a crash; a slow phone with much data needs some seconds. */
const OPEN_PATIENCE_MS = 30_000;
/** Another tab lets go as soon as its transaction is done. */
const BLOCKED_PATIENCE_MS = 5_000;

const BIRTH_BYTES = 16;

export interface DatabaseOptions {
  readonly name: string;
  readonly host: Pick<Host, "clock" | "random">;
  readonly migrations: readonly Migration[];
  /** What it was called at its birth when this page opened it first: it must not be made anew then. */
  readonly birth?: string | undefined;
  /** The connection can no longer be used: the browser has closed it, or another tab needs it closed. */
  readonly onClose: (database: IDBPDatabase) => void;
}

export interface OpenedDatabase {
  readonly database: IDBPDatabase;
  /** Random id given to the database when it was made. */
  readonly birth: string;
  readonly isNew: boolean;
}

const readBirth = async (database: IDBPDatabase): Promise<string> => {
  if (!database.objectStoreNames.contains(ABOUT)) throw foreignError();
  const birth: unknown = await database.get(ABOUT, BIRTH);
  if (typeof birth !== "string") throw foreignError();
  return birth;
};

const open = async (
  options: DatabaseOptions,
  onBlocked: () => void,
): Promise<[database: IDBPDatabase, isNew: boolean]> => {
  const { name, host, migrations, birth, onClose } = options;
  let isNew = false;
  let failure: MasqError | undefined;
  try {
    const opened: IDBPDatabase = await openDB(name, migrations.length, {
      upgrade(database, oldVersion, _newVersion, transaction) {
        transaction.done.catch(() => {});
        try {
          isNew = oldVersion === 0;
          // Made anew it would look like a database that holds nothing, to callers that know better.
          if (isNew && birth !== undefined) throw deletedError();
          for (const migration of migrations.slice(oldVersion)) migration(database);
          if (isNew) {
            const id = toHex(host.random(BIRTH_BYTES));
            unwrap(transaction).objectStore(ABOUT).put(id, BIRTH);
          }
        } catch (error) {
          failure = error instanceof MasqError ? error : upgradeError(error);
          transaction.abort();
        }
      },
      blocked: onBlocked,
      blocking() {
        opened.close();
        onClose(opened);
      },
      terminated() {
        onClose(opened);
      },
    });
    return [opened, isNew];
  } catch (error) {
    throw failure ?? toStorageError(error);
  }
};

/**
 * Throws MASQ_STORAGE_NEWER, MASQ_STORAGE_LOCKED (an older version in another tab does not let go), MASQ_STORAGE_DAMAGED,
 * MASQ_STORAGE_FULL or MASQ_STORAGE_FAILED; then nothing stays open.
 */
export const openDatabase = async (options: DatabaseOptions): Promise<OpenedDatabase> => {
  if (globalThis.indexedDB === undefined) throw refusedError();
  const { clock } = options.host;
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  let isGivenUp = false;
  const giveUpAfter = (delayMs: number, error: MasqError): (() => void) =>
    clock.setTimer(delayMs, () => {
      isGivenUp = true;
      reject(error);
    });
  let cancel = giveUpAfter(OPEN_PATIENCE_MS, silentError());
  const opening = open(options, () => {
    cancel();
    cancel = giveUpAfter(BLOCKED_PATIENCE_MS, blockedError());
  });
  // One that comes too late must not stand in the way of other tabs.
  void opening.then(
    ([database]) => isGivenUp && database.close(),
    () => {},
  );
  try {
    const [database, isNew] = await Promise.race([opening, givenUp]);
    try {
      const birth = await readBirth(database);
      if (options.birth !== undefined && birth !== options.birth) throw deletedError();
      return { database, birth, isNew };
    } catch (error) {
      database.close();
      throw toStorageError(error);
    }
  } finally {
    cancel();
  }
};
