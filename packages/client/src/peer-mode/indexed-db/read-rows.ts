/** Reads rows in pages: fetching many at once is three times as fast as a cursor, and a page bounds the memory. */
import {
  compareBytes,
  fromUtf8,
  type ListOptions,
  type NamespaceId,
  type Row,
  utf8,
} from "@masq/core";
import { wrap } from "idb";
import {
  arrivalsAfter,
  keysBetween,
  keyVersions,
  openRange,
  primaryKey,
  recordBytes,
  rowRange,
  toRow,
} from "./records.ts";
import { BY_ARRIVAL, type RowRecord } from "./schema.ts";

/** A first page, before anything is known of how large the rows are; each may hold a value of 1 MiB. */
const FIRST_PAGE_ROWS = 64;
const MAX_PAGE_ROWS = 512;
/** Rows fetched beyond the keys asked for: the first of the key behind them, and room for a few siblings. */
const SPARE_ROWS = 4;
/** From so many keys on it is asked first which of them are there: an absent one then costs no request. */
const MANY_KEYS = 16;

/** How many rows to fetch next, judging by those fetched so far. */
class PageSize {
  #rows = 0;
  #bytes = 0;

  next(wanted: number, maxBytes: number): number {
    if (this.#rows === 0) return Math.min(wanted, FIRST_PAGE_ROWS);
    const fitting = Math.ceil((maxBytes * this.#rows) / Math.max(1, this.#bytes));
    return Math.max(1, Math.min(wanted, fitting, MAX_PAGE_ROWS));
  }

  count(record: RowRecord): void {
    this.#rows += 1;
    this.#bytes += recordBytes(record);
  }
}

/** Tells of keys whether they surely have no rows. One request, for no more rows than there are keys. */
const findAbsent = async (
  store: IDBObjectStore,
  namespace: NamespaceId,
  keys: readonly Uint8Array[],
): Promise<(key: Uint8Array, text: string) => boolean> => {
  const sorted = keys.toSorted(compareBytes);
  const range = keysBetween(namespace, sorted[0] as Uint8Array, sorted.at(-1) as Uint8Array);
  const found = (await wrap(store.getAllKeys(range, keys.length))) as [string, ArrayBuffer][];
  const present = new Set(found.map(([, key]) => fromUtf8(new Uint8Array(key))));
  const last = found.length < keys.length ? undefined : found.at(-1)?.[1];
  const reached = last && new Uint8Array(last);
  return (key, text) =>
    !present.has(text) && (reached === undefined || compareBytes(key, reached) < 0);
};

/** The rows of each key, in the order of `keys`. */
export const readKeys = async (
  store: IDBObjectStore,
  namespace: NamespaceId,
  keys: readonly string[],
): Promise<Row[][]> => {
  const bytes = keys.map((key) => utf8(key));
  const isAbsent =
    keys.length < MANY_KEYS ? () => false : await findAbsent(store, namespace, bytes);
  const requests = bytes.map((key, index): IDBRequest<RowRecord[]> | undefined =>
    isAbsent(key, keys[index] as string) ? undefined : store.getAll(keyVersions(namespace, key)),
  );
  // Requests of a transaction succeed in the order made.
  const last = requests.findLast((request) => request !== undefined);
  if (last !== undefined) await wrap(last);
  return requests.map(
    (request, index) => request?.result.map((record) => toRow(record, keys[index])) ?? [],
  );
};

/** Since 2025 a browser can fetch a page backwards at once; the option came together with this method. */
const canFetchBackwards = (): boolean => "getAllRecords" in IDBObjectStore.prototype;

const readBackwards = (
  store: IDBObjectStore,
  query: IDBKeyRange,
  count: number,
): Promise<RowRecord[]> => {
  if (canFetchBackwards()) {
    const options = { query, count, direction: "prev" };
    return wrap(store.getAll(options as unknown as IDBKeyRange));
  }
  return new Promise((resolve, reject) => {
    const records: RowRecord[] = [];
    const request = store.openCursor(query, "prev");
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor !== null) records.push(cursor.value as RowRecord);
      if (cursor === null || records.length === count) resolve(records);
      else cursor.continue();
    };
  });
};

export const listRows = async (
  store: IDBObjectStore,
  namespace: NamespaceId,
  options: ListOptions,
): Promise<Row[]> => {
  const { reverse, limit, maxBytes, liveOnly } = options;
  let { lower, upper } = rowRange(namespace, options.range);
  const pageSize = new PageSize();
  const rows: Row[] = [];
  let keys = 0;
  let bytes = 0;
  let spare = SPARE_ROWS;
  /** The rows of the key the scan is at. */
  let current: Row[] = [];
  let currentBytes = 0;
  /** Takes the current key up; true when the listing is full. */
  const take = (): boolean => {
    if (current.length > 0) {
      keys += 1;
      bytes += currentBytes;
      rows.push(...(reverse ? current.reverse() : current));
    }
    current = [];
    currentBytes = 0;
    return keys >= limit || bytes >= maxBytes;
  };
  for (;;) {
    const query = openRange({ lower, upper });
    if (query === undefined) break;
    const count = pageSize.next(limit - keys + spare, maxBytes - bytes);
    const page: RowRecord[] = await (reverse
      ? readBackwards(store, query, count)
      : wrap(store.getAll(query, count)));
    let key: string | undefined = current[0]?.key;
    for (const record of page) {
      pageSize.count(record);
      const row = toRow(record);
      if (row.key !== key && take()) return rows;
      key = row.key;
      if (liveOnly && row.value === null) continue;
      current.push(row);
      currentBytes += recordBytes(record);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < count) break;
    if (reverse) upper = primaryKey(last);
    else lower = primaryKey(last);
    // Many siblings, or tombstones that are left out: a larger page, so that the trips do not add up.
    spare *= 4;
  }
  take();
  return rows;
};

export const arrivingRows = async (
  store: IDBObjectStore,
  namespace: NamespaceId,
  after: number,
  limit: number,
  maxBytes: number,
): Promise<Row[]> => {
  const index = store.index(BY_ARRIVAL);
  const pageSize = new PageSize();
  const rows: Row[] = [];
  let bytes = 0;
  let position = after;
  while (rows.length < limit && bytes < maxBytes) {
    const count = pageSize.next(limit - rows.length, maxBytes - bytes);
    const page: RowRecord[] = await wrap(index.getAll(arrivalsAfter(namespace, position), count));
    for (const record of page) {
      pageSize.count(record);
      rows.push(toRow(record));
      bytes += recordBytes(record);
      if (bytes >= maxBytes) break;
    }
    if (page.length < count) break;
    position = page.at(-1)?.a ?? position;
  }
  return rows;
};
