/** A web app's credentials, in the IndexedDB of its origin. */
import { MasqError, type NamespaceId } from "@masq/core";
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { dhKey, generateKeyPair, requireWebCrypto } from "./browser-keys.ts";
import type { Credentials, StoreGrant } from "./platform.ts";

interface CredentialRecord {
  readonly keys: CryptoKeyPair;
  readonly grant: StoreGrant | undefined;
}

interface CredentialSchema extends DBSchema {
  credentials: { key: string; value: CredentialRecord };
}

type Database = IDBPDatabase<CredentialSchema>;

/** Runs a step on the database. Whatever goes wrong there, the browser does not keep what it is given. */
const kept = async <Result>(step: () => Promise<Result>): Promise<Result> => {
  try {
    return await step();
  } catch (cause) {
    throw new MasqError(
      "MASQ_BROWSER_UNSUITABLE",
      "The browser does not let this page store data, so it could not keep its key. The data in the store are safe. Allow it to store data (cookies and site data), make room if the disk is full, or leave the private window; then connect again.",
      { cause },
    );
  }
};

const openDatabase = (): Promise<Database> =>
  openDB<CredentialSchema>("masq", 1, {
    upgrade: (database) => void database.createObjectStore("credentials"),
  });

/** Two tabs may get here at once: the first to write decides for both. */
const addRecord = async (
  database: Database,
  identity: NamespaceId,
  fresh: CredentialRecord,
): Promise<CredentialRecord> => {
  const transaction = database.transaction("credentials", "readwrite", { durability: "strict" });
  const record = (await transaction.store.get(identity)) ?? fresh;
  await transaction.store.put(record, identity);
  await transaction.done;
  return record;
};

export const openCredentials = async (identity: NamespaceId): Promise<Credentials> => {
  requireWebCrypto();
  const database = await kept(openDatabase);
  let current = await kept(() => database.get("credentials", identity));
  if (current === undefined) {
    const fresh = { keys: await generateKeyPair(), grant: undefined };
    current = await kept(() => addRecord(database, identity, fresh));
  }
  let record = current;
  return {
    key: await dhKey(record.keys),
    get grant() {
      return record.grant;
    },
    async saveGrant(grant) {
      record = { ...record, grant };
      await kept(() => database.put("credentials", record, identity));
    },
  };
};

/** A page that may keep nothing has no grant either. */
export const hasGrant = async (identity: NamespaceId): Promise<boolean> => {
  try {
    const database = await openDatabase();
    const record = await database.get("credentials", identity);
    database.close();
    return record?.grant !== undefined;
  } catch {
    return false;
  }
};
