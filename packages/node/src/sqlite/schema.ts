/** The tables of a store, as an ordered list of migrations; `user_version` counts those that have run. */
import { MasqError } from "@masq/core";
import type { Database } from "./driver.ts";
import { isMediumError, toStorageError } from "./storage-errors.ts";

/** Runs inside a transaction of its own and must not end it. */
export type Migration = (database: Database) => void;

/** Never change one that has been released: append the next. */
export const MIGRATIONS: readonly Migration[] = [
  // Keys are UTF-8 bytes, so that they are ordered as in a browser. Replicas are interned: 8 bytes in every row and
  // index would cost more than the look-up. `state` is encodeReplicaState in @masq/core.
  (database) => {
    database.exec(`
      CREATE TABLE namespace(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, state BLOB);
      CREATE TABLE replica(id INTEGER PRIMARY KEY, replica BLOB NOT NULL UNIQUE);
      CREATE TABLE version(
        id INTEGER PRIMARY KEY,
        namespace INTEGER NOT NULL,
        key BLOB NOT NULL,
        replica INTEGER NOT NULL,
        counter INTEGER NOT NULL,
        arrival INTEGER NOT NULL,
        stamp BLOB NOT NULL,
        value BLOB
      );
      CREATE UNIQUE INDEX version_key ON version(namespace, key, replica, counter);
      CREATE UNIQUE INDEX version_arrival ON version(namespace, arrival);
      CREATE TABLE note(
        namespace INTEGER NOT NULL,
        name TEXT NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY(namespace, name)
      ) WITHOUT ROWID;
    `);
  },
];

/** "Masq" in ASCII: says which program the file belongs to. */
export const APPLICATION_ID = 0x4d617371;

export const schemaVersion = (database: Database): number =>
  database.pragma("user_version", { simple: true }) as number;

/** Runs what has not run yet, each migration in one transaction: a failing one leaves the version before it. */
export const migrate = (database: Database, migrations: readonly Migration[]): void => {
  for (let version = schemaVersion(database); version < migrations.length; version += 1) {
    database.exec("BEGIN IMMEDIATE");
    try {
      (migrations[version] as Migration)(database);
      database.pragma(`application_id = ${APPLICATION_ID}`);
      database.pragma(`user_version = ${version + 1}`);
      database.exec("COMMIT");
    } catch (error) {
      if (database.inTransaction) database.exec("ROLLBACK");
      if (isMediumError(error)) throw toStorageError(error);
      throw new MasqError(
        "MASQ_STORAGE_FAILED",
        `The store could not be brought to version ${version + 1} of its format. It stays as it was at version ${version}; the program that wrote it can still open it.`,
        { cause: error },
      );
    }
  }
};
