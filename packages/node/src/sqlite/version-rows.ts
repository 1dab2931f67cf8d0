/** How versions cross the border between JavaScript and SQLite: the SQL text, its columns, and key ranges. */
import { byDot, type KeyRange, type Row } from "@masq/core";

export type InsertFields = [number, string, number, number, number, Uint8Array, Uint8Array | null];
export type RowFields = [number, number, number, Uint8Array, Uint8Array | null];
export type KeyedRowFields = [...RowFields, key: string];
/** A large value is left out: in its place stands the number of its row. */
export type KeyedFields = [
  replica: number,
  counter: number,
  arrival: number,
  stamp: Uint8Array,
  value: Uint8Array | number | null,
  key: string,
];

// Keys cross the border as text: SQLite's casts are quicker than making a Buffer per key, and keep NUL.
export const ROW = "replica, counter, arrival, stamp, value";
/**
 * A page is fetched at once, which is far quicker than row by row; so that a page of large values cannot fill the memory,
 * those are left out and fetched one by one until the page is full.
 */
const LARGE_VALUE_BYTES = 16 * 1024;
export const KEYED: string = `replica, counter, arrival, stamp, iif(length(value) > ${LARGE_VALUE_BYTES}, id, value), CAST(key AS TEXT)`;
/** Rows that one statement reads or writes where there are many: a call into SQLite costs as much as a row. */
export const BULK = 16;
/** Rows fetched beyond the keys asked for: room for a few siblings. */
export const SPARE_ROWS = 8;

export const INSERT =
  "INSERT INTO version(namespace, key, replica, counter, arrival, stamp, value) VALUES";
export const VALUES = "(?, CAST(? AS BLOB), ?, ?, ?, ?, ?)";

export const repeated = (text: string): string =>
  Array.from({ length: BULK }, () => text).join(", ");

const LEAST = new Uint8Array();
/** Above every key: no UTF-8 text holds this byte. */
const ABOVE_ALL = Uint8Array.of(0xff);

/** The next byte string after `key`, which turns an exclusive lower bound into an inclusive one and the reverse for upper. */
export const successor = (key: Uint8Array): Uint8Array => {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
};

/** The range as `from <= key < to`. */
export const halfOpen = ({ lower, upper }: KeyRange): [from: Uint8Array, to: Uint8Array] => [
  lower === undefined ? LEAST : lower.inclusive ? lower.key : successor(lower.key),
  upper === undefined ? ABOVE_ALL : upper.inclusive ? successor(upper.key) : upper.key,
];

export const keyOf = (fields: KeyedFields): string => fields[5];

/** Sorts the versions of one key that stand at the end of `rows`; interned numbers are not in the order of ids. */
export const sortTail = (rows: Row[], start: number): void => {
  if (rows.length - start < 2) return;
  const tail = rows.splice(start).sort(byDot);
  for (const row of tail) rows.push(row);
};
