/** A web app's credentials, in the IndexedDB of its origin. */
import { MasqError, type NamespaceId } from "@masq/core";
import { dhKey, generateKeyPair, requireWebCrypto } from "./browser-keys.ts";
import { openRecords, type BrowserRecords } from "./browser-records.ts";
import type { Credentials, StoreGrant } from "./platform.ts";

interface CredentialRecord {
  readonly keys: CryptoKeyPair;
  readonly grant: StoreGrant | undefined;
}

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

const openDatabase = (): Promise<BrowserRecords<CredentialRecord>> =>
  openRecords("masq", "credentials");

export const openCredentials = async (identity: NamespaceId): Promise<Credentials> => {
  requireWebCrypto();
  const database = await kept(openDatabase);
  let current = await kept(() => database.get(identity));
  if (current === undefined) {
    const fresh = { keys: await generateKeyPair(), grant: undefined };
    current = await kept(() => database.keepFirst(identity, fresh));
  }
  let record = current;
  return {
    key: await dhKey(record.keys),
    get grant() {
      return record.grant;
    },
    async saveGrant(grant) {
      record = { ...record, grant };
      await kept(() => database.put(identity, record));
    },
  };
};

/** A page that may keep nothing has no grant either. */
export const readGrant = async (identity: NamespaceId): Promise<StoreGrant | undefined> => {
  try {
    const database = await openDatabase();
    const record = await database.get(identity);
    database.close();
    return record?.grant;
  } catch {
    return undefined;
  }
};
