/**
 * Opens the encrypted file of a store. The order of the pragmas matters: a key given after the first read is too
 * late, and the lock must be exclusive before WAL is asked for, so that no shared-memory file appears.
 */
import { closeSync, openSync, statSync } from "node:fs";
import { MasqError } from "@masq/core";
import { type Database, loadDriver } from "./driver.ts";
import { APPLICATION_ID, type Migration, migrate, schemaVersion } from "./schema.ts";
import { damaged, toStorageError } from "./storage-errors.ts";

export const DATABASE_KEY_BYTES = 32;

/** After the key has proved right. `fullfsync` matters on macOS only. */
const SETTINGS: readonly string[] = [
  "synchronous = FULL",
  "fullfsync = ON",
  "checkpoint_fullfsync = ON",
  "cache_size = -16384",
  "journal_size_limit = 67108864",
  "wal_autocheckpoint = 1000",
  "temp_store = MEMORY",
  "trusted_schema = OFF",
  "foreign_keys = ON",
];

export interface DatabaseOptions {
  readonly file: string;
  /** 32 bytes, used as they are: no derivation, so opening takes about a millisecond. */
  readonly key: Uint8Array;
  readonly migrations: readonly Migration[];
}

export interface OpenedDatabase {
  readonly database: Database;
  /** The last process that had it open did not close it. */
  readonly wasUnclean: boolean;
}

/** 0 when the file is absent. */
export const fileSize = (file: string): number =>
  statSync(file, { throwIfNoEntry: false })?.size ?? 0;

export const walOf = (file: string): string => `${file}-wal`;

/** SQLite gives the files it makes beside this one (the WAL) the same mode. */
const createPrivately = (file: string): void => {
  // Only when absent: closing any descriptor of an open database would drop this process's locks on it.
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    throw new MasqError(
      "MASQ_STORAGE_FAILED",
      "The file of this store cannot be created. Check that its directory exists and may be written.",
      { cause: error },
    );
  }
};

const giveKey = (database: Database, key: Uint8Array): void => {
  const hex = Buffer.from(key).toString("hex");
  try {
    database.pragma("cipher = 'chacha20'");
    database.pragma(`key = "raw:${hex}"`);
  } catch {
    // Without a cause: the driver's words could repeat the statement, and the key with it.
    throw new MasqError("MASQ_STORAGE_FAILED", "The database engine did not accept the key.");
  }
};

/** Reads only: a file that is refused here stays as it was. */
const verify = (database: Database, newest: number): void => {
  const tables = database.prepare("SELECT count(*) FROM sqlite_master").pluck().get() as number;
  const version = schemaVersion(database);
  if (tables > 0 && database.pragma("application_id", { simple: true }) !== APPLICATION_ID) {
    throw damaged("This is a database, but not a Masq store. Nothing was changed.");
  }
  if (version > newest) {
    throw new MasqError(
      "MASQ_STORAGE_NEWER",
      `A newer version of Masq wrote this store (format ${version}, this one knows ${newest}). Nothing was changed. Install the newer version again.`,
    );
  }
};

const configure = (database: Database): void => {
  const mode = database.pragma("journal_mode = WAL", { simple: true });
  if (mode !== "wal") {
    throw new MasqError(
      "MASQ_STORAGE_FAILED",
      "The file system of this store does not allow a write-ahead log. Keep the store on a local disk.",
    );
  }
  for (const setting of SETTINGS) database.pragma(setting);
};

/**
 * Throws MASQ_STORAGE_LOCKED, MASQ_STORAGE_DAMAGED (also for a wrong key), MASQ_STORAGE_NEWER or
 * MASQ_STORAGE_FAILED; then nothing stays open.
 */
export const openDatabase = (options: DatabaseOptions): OpenedDatabase => {
  const { file, key, migrations } = options;
  if (key.length !== DATABASE_KEY_BYTES) {
    throw new MasqError(
      "MASQ_OPTION_INVALID",
      `The key of a store has ${DATABASE_KEY_BYTES} bytes.`,
    );
  }
  const Driver = loadDriver();
  createPrivately(file);
  const wasUnclean = fileSize(walOf(file)) > 0;
  let database: Database | undefined;
  try {
    database = new Driver(file, { timeout: 0 });
    giveKey(database, key);
    database.pragma("locking_mode = EXCLUSIVE");
    verify(database, migrations.length);
    configure(database);
    migrate(database, migrations);
    return { database, wasUnclean };
  } catch (error) {
    database?.close();
    throw toStorageError(error);
  }
};
