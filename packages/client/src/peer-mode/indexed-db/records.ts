/** How rows and ranges cross the border between Masq and IndexedDB. */
import {
  fromUtf8,
  type KeyRange,
  type NamespaceId,
  type ReplicaId,
  type Row,
  utf8,
} from "@masq/core";
import type { NoteRecord, RowRecord } from "./schema.ts";

/** Above every number, text and byte string: arrays come last in the order of keys. */
const ABOVE_ALL: IDBValidKey[] = [];

/** Only what is to be kept: of a view the whole buffer behind it would be cloned (HTML, section 2.7.3). */
export const exact = (bytes: Uint8Array): Uint8Array =>
  bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);

export const toRecord = (namespace: NamespaceId, row: Row): RowRecord => ({
  n: namespace,
  k: exact(utf8(row.key)),
  r: row.replica,
  c: row.counter,
  a: row.arrival,
  s: exact(row.stamp),
  v: row.value === null ? null : exact(row.value),
});

export const toRow = ({ k, r, c, a, s, v }: RowRecord, key: string = fromUtf8(k)): Row => ({
  key,
  replica: r as ReplicaId,
  counter: c,
  arrival: a,
  stamp: s,
  value: v,
});

export const primaryKey = ({ n, k, r, c }: RowRecord): IDBValidKey => [n, k as BufferSource, r, c];

export const recordBytes = ({ k, v }: RowRecord): number => k.length + (v === null ? 0 : v.length);

export const toNote = ({ m, v }: NoteRecord): [name: string, value: Uint8Array] => [fromUtf8(m), v];

export const noteKey = (namespace: NamespaceId, name: string): IDBValidKey => [
  namespace,
  utf8(name) as BufferSource,
];

/** All versions of one key. */
export const keyVersions = (namespace: NamespaceId, key: Uint8Array): IDBKeyRange =>
  IDBKeyRange.bound([namespace, key], [namespace, key, ABOVE_ALL]);

/** From one key up to another, both with all their versions. */
export const keysBetween = (
  namespace: NamespaceId,
  first: Uint8Array,
  last: Uint8Array,
): IDBKeyRange => IDBKeyRange.bound([namespace, first], [namespace, last, ABOVE_ALL]);

export const arrivalsAfter = (namespace: NamespaceId, after: number): IDBKeyRange =>
  IDBKeyRange.bound([namespace, after], [namespace, ABOVE_ALL], true);

export const notesWithPrefix = (namespace: NamespaceId, prefix: string): IDBKeyRange => {
  const bytes = utf8(prefix);
  // UTF-8 has no such byte.
  const upper = [namespace, Uint8Array.of(...bytes, 0xff)];
  return IDBKeyRange.bound(prefix === "" ? [namespace] : [namespace, bytes], upper);
};

/** Bounds of a scan of rows; both are exclusive, as no row has such a short key. */
export interface RowRange {
  readonly lower: IDBValidKey;
  readonly upper: IDBValidKey;
}

export const rowRange = (namespace: NamespaceId, { lower, upper }: KeyRange): RowRange => {
  // No key is empty: an empty bound says no more than the namespace itself.
  const before = (key: Uint8Array): IDBValidKey =>
    key.length === 0 ? [namespace] : [namespace, key as BufferSource];
  const behind = (key: Uint8Array): IDBValidKey =>
    key.length === 0 ? [namespace] : [namespace, key as BufferSource, ABOVE_ALL];
  return {
    lower: lower === undefined ? [namespace] : (lower.inclusive ? before : behind)(lower.key),
    upper:
      upper === undefined ? [namespace, ABOVE_ALL] : (upper.inclusive ? behind : before)(upper.key),
  };
};

/** Undefined for a range that holds nothing: IndexedDB takes no such range. */
export const openRange = ({ lower, upper }: RowRange): IDBKeyRange | undefined =>
  indexedDB.cmp(lower, upper) < 0 ? IDBKeyRange.bound(lower, upper, true, true) : undefined;
