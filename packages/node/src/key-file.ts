/** Keys kept in files only their owner may read, until an operating system's key store or a passphrase wraps them. */
import { existsSync, statSync } from "node:fs";
import { MasqError, type Random } from "@masq/core";
import { readOrCreatePrivateFile, readPrivateFile } from "./private-file.ts";

const KEY_BYTES = 32;

/** The 32-byte key in `file`; undefined when there is none. */
export const readKeyFile = async (file: string): Promise<Uint8Array | undefined> => {
  const key = await readPrivateFile(file);
  if (key !== undefined && key.length !== KEY_BYTES) {
    throw new MasqError(
      "MASQ_STORAGE_DAMAGED",
      `The key file ${file} is damaged: it should hold ${KEY_BYTES} bytes. Put back a copy of it; nothing was changed.`,
    );
  }
  return key;
};

/** The key in `file`, made when there is none. */
export const keyFile = async (file: string, random: Random): Promise<Uint8Array> => {
  await readOrCreatePrivateFile(file, () => random(KEY_BYTES));
  return (await readKeyFile(file)) as Uint8Array;
};

/**
 * The database's key. A database whose key is gone is never overwritten by an empty one, nor one that is gone itself:
 * `hasRun` says that there was one.
 */
export const databaseKey = async (
  file: string,
  database: string,
  random: Random,
  hasRun = false,
): Promise<Uint8Array> => {
  const isThere = existsSync(database);
  const hasKey = (await readKeyFile(file)) !== undefined;
  if (isThere && !hasKey) {
    throw new MasqError(
      "MASQ_STORAGE_DAMAGED",
      `The key of the database is missing: ${file}. Put back a copy of it; without it the data cannot be read. Nothing was changed.`,
    );
  }
  // SQLite would take an empty file for a new database, and throw away a log beside it.
  const isEmpty = !isThere || statSync(database).size === 0;
  if (isEmpty && hasKey && (hasRun || existsSync(`${database}-wal`))) {
    throw new MasqError(
      "MASQ_STORAGE_DAMAGED",
      `The database is ${isThere ? "empty" : "missing"}: ${database}. Put back a copy of it, or move the directory away to begin anew. Nothing was changed.`,
    );
  }
  return keyFile(file, random);
};
