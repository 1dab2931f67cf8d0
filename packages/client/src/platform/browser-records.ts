/** A few records kept in a database of the page's origin, without the library that the data themselves need. */

export interface BrowserRecords<Value> {
  get(key: string): Promise<Value | undefined>;
  put(key: string, value: Value): Promise<void>;
  /** Keeps the value unless there is one, and gives the one that is kept: of two tabs the first to write decides for both. */
  keepFirst(key: string, value: Value): Promise<Value>;
  close(): void;
}

const resultOf = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Resolves when what was written is on the disk. */
const write = (
  database: IDBDatabase,
  name: string,
  task: (store: IDBObjectStore) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const transaction = database.transaction(name, "readwrite", { durability: "strict" });
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    task(transaction.objectStore(name));
  });

/** `name` is also that of the object store. Rejects with what IndexedDB says. */
export const openRecords = async <Value>(
  database: string,
  name: string,
): Promise<BrowserRecords<Value>> => {
  const request = indexedDB.open(database, 1);
  request.onupgradeneeded = () => void request.result.createObjectStore(name);
  const opened = await resultOf(request);
  return {
    get: (key) => resultOf<Value | undefined>(opened.transaction(name).objectStore(name).get(key)),
    put: (key, value) => write(opened, name, (store) => store.put(value, key)),
    async keepFirst(key, value) {
      let kept = value;
      await write(opened, name, (store) => {
        const found: IDBRequest<Value | undefined> = store.get(key);
        found.onsuccess = () => {
          kept = found.result ?? value;
          if (found.result === undefined) store.put(value, key);
        };
      });
      return kept;
    },
    close: () => opened.close(),
  };
};
