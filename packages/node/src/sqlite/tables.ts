/** All statements on the tables of a store, prepared once, and the two small caches in front of them. */
import {
  type Change,
  type KeyRange,
  type ListOptions,
  type NamespaceId,
  type ReplicaId,
  type ReplicaState,
  type Row,
  decodeReplicaState,
  encodeReplicaState,
} from "@masq/core";
import type { Database, Statement } from "./driver.ts";

/** One namespace as it is cached. */
export interface Space {
  readonly name: NamespaceId;
  /** 0 until something of it is written. */
  id: number;
  state: ReplicaState | undefined;
  /** The state has changed in this transaction and is not written yet. */
  dirty: boolean;
  /** Notes of this transaction that are not written yet: of one that is set by every call only the last counts. */
  readonly notes: Map<string, Uint8Array | undefined>;
}

const newSpace = (name: NamespaceId, id: number, state: ReplicaState | undefined): Space => ({
  name,
  id,
  state,
  dirty: false,
  notes: new Map(),
});

type RowFields = [number, number, number, Uint8Array, Uint8Array | null];
type KeyedFields = [...RowFields, valueBytes: number | null, id: number, key: string];

// Keys cross the border as text: SQLite's casts are quicker than making a Buffer per key, and keep NUL.
const ROW = "replica, counter, arrival, stamp, value";
/**
 * A page is fetched at once, which is far quicker than row by row; so that a page of large values cannot fill the memory,
 * those are left out and fetched one by one until the page is full.
 */
const LARGE_VALUE_BYTES = 16 * 1024;
const KEYED = `replica, counter, arrival, stamp, iif(length(value) <= ${LARGE_VALUE_BYTES}, value, NULL), length(value), id, CAST(key AS TEXT)`;
/** Rows fetched beyond the keys asked for: room for a few siblings. */
const SPARE_ROWS = 8;

const LEAST = new Uint8Array();
/** Above every key: no UTF-8 text holds this byte. */
const ABOVE_ALL = Uint8Array.of(0xff);

/** The next byte string after `key`, which turns an exclusive lower bound into an inclusive one and the reverse for upper. */
const successor = (key: Uint8Array): Uint8Array => {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
};

/** The range as `from <= key < to`. */
const halfOpen = ({ lower, upper }: KeyRange): [from: Uint8Array, to: Uint8Array] => [
  lower === undefined ? LEAST : lower.inclusive ? lower.key : successor(lower.key),
  upper === undefined ? ABOVE_ALL : upper.inclusive ? successor(upper.key) : upper.key,
];

const keyOf = (fields: KeyedFields): string => fields[7];

const byDot = (a: Row, b: Row): number =>
  a.replica < b.replica ? -1 : a.replica > b.replica ? 1 : a.counter - b.counter;

/** Sorts the versions of one key that stand at the end of `rows`; interned numbers are not in the order of ids. */
const sortTail = (rows: Row[], start: number): void => {
  if (rows.length - start < 2) return;
  const tail = rows.splice(start).sort(byDot);
  for (const row of tail) rows.push(row);
};

export const rowBytes = (row: Row): number =>
  Buffer.byteLength(row.key) + (row.value === null ? 0 : row.value.length);

type ListStatement = Statement<[number, Uint8Array, Uint8Array, number], KeyedFields>;

export class Tables {
  readonly #database: Database;
  readonly #spaces: Map<NamespaceId, Space> = new Map();
  readonly #numbers: Map<ReplicaId, number> = new Map();
  readonly #replicas: Map<number, ReplicaId> = new Map();
  /** Spaces with a state or notes to write before the transaction ends. */
  readonly #unfinished: Set<Space> = new Set();

  readonly #findSpace: Statement<[string], [number, Uint8Array | null]>;
  readonly #addSpace: Statement<[string]>;
  readonly #setState: Statement<[Uint8Array, number]>;
  readonly #spaceNames: Statement<[], NamespaceId>;
  readonly #findNumber: Statement<[Uint8Array], number>;
  readonly #findReplica: Statement<[number], Buffer>;
  readonly #addReplica: Statement<[Uint8Array]>;
  readonly #rows: Statement<[number, string], RowFields>;
  readonly #add: Statement<[number, string, number, number, number, Uint8Array, Uint8Array | null]>;
  readonly #remove: Statement<[number, string, number, number]>;
  readonly #arrivals: Statement<[number, number, number], KeyedFields>;
  readonly #value: Statement<[number], Uint8Array>;
  readonly #note: Statement<[number, string], Uint8Array>;
  readonly #notes: Statement<[number, string], [string, Uint8Array]>;
  readonly #setNote: Statement<[number, string, Uint8Array]>;
  readonly #deleteNote: Statement<[number, string]>;
  readonly #lists: Map<string, ListStatement> = new Map();

  constructor(database: Database) {
    this.#database = database;
    const prepare = <Parameters extends unknown[], Result>(sql: string) =>
      database.prepare<Parameters, Result>(sql) as Statement<Parameters, Result>;
    this.#findSpace = prepare<[string], [number, Uint8Array | null]>(
      "SELECT id, state FROM namespace WHERE name = ?",
    ).raw();
    this.#addSpace = prepare("INSERT INTO namespace(name) VALUES (?)");
    this.#setState = prepare("UPDATE namespace SET state = ? WHERE id = ?");
    this.#spaceNames = prepare<[], NamespaceId>(
      "SELECT name FROM namespace WHERE state IS NOT NULL ORDER BY name",
    ).pluck();
    this.#findNumber = prepare<[Uint8Array], number>(
      "SELECT id FROM replica WHERE replica = ?",
    ).pluck();
    this.#findReplica = prepare<[number], Buffer>(
      "SELECT replica FROM replica WHERE id = ?",
    ).pluck();
    this.#addReplica = prepare("INSERT INTO replica(replica) VALUES (?)");
    this.#rows = prepare<[number, string], RowFields>(
      `SELECT ${ROW} FROM version WHERE namespace = ? AND key = CAST(? AS BLOB)`,
    ).raw();
    this.#add = prepare(
      "INSERT INTO version(namespace, key, replica, counter, arrival, stamp, value) VALUES (?, CAST(? AS BLOB), ?, ?, ?, ?, ?)",
    );
    this.#remove = prepare(
      "DELETE FROM version WHERE namespace = ? AND key = CAST(? AS BLOB) AND replica = ? AND counter = ?",
    );
    this.#arrivals = prepare<[number, number, number], KeyedFields>(
      `SELECT ${KEYED} FROM version WHERE namespace = ? AND arrival > ? ORDER BY arrival LIMIT ?`,
    ).raw();
    this.#value = prepare<[number], Uint8Array>("SELECT value FROM version WHERE id = ?").pluck();
    this.#note = prepare<[number, string], Uint8Array>(
      "SELECT value FROM note WHERE namespace = ? AND name = ?",
    ).pluck();
    this.#notes = prepare<[number, string], [string, Uint8Array]>(
      "SELECT name, value FROM note WHERE namespace = ? AND name >= ? ORDER BY name",
    ).raw();
    this.#setNote = prepare("INSERT OR REPLACE INTO note(namespace, name, value) VALUES (?, ?, ?)");
    this.#deleteNote = prepare("DELETE FROM note WHERE namespace = ? AND name = ?");
  }

  /** Forgets what a transaction that was rolled back has put into the caches. */
  forget(): void {
    this.#spaces.clear();
    this.#numbers.clear();
    this.#replicas.clear();
    this.#unfinished.clear();
  }

  space(name: NamespaceId): Space {
    const cached = this.#spaces.get(name);
    if (cached !== undefined) return cached;
    const found = this.#findSpace.get(name);
    if (found === undefined) return newSpace(name, 0, undefined);
    const state = found[1] === null ? undefined : decodeReplicaState(found[1]);
    const space = newSpace(name, found[0], state);
    this.#spaces.set(name, space);
    return space;
  }

  spaceNames(): NamespaceId[] {
    return this.#spaceNames.all();
  }

  /** All versions of the key, by replica and counter. */
  rows(space: Space, key: string): Row[] {
    const rows: Row[] = [];
    for (const fields of this.#rows.all(space.id, key)) rows.push(this.#row(key, fields));
    if (rows.length > 1) rows.sort(byDot);
    return rows;
  }

  list(space: Space, options: ListOptions): Row[] {
    const { range, reverse, limit, maxBytes, liveOnly } = options;
    let [from, to] = halfOpen(range);
    const rows: Row[] = [];
    let keys = 0;
    let bytes = 0;
    let spare = SPARE_ROWS;
    for (;;) {
      const most = limit - keys + spare;
      const page = this.#list(reverse, liveOnly).all(space.id, from, to, most);
      const isCut = page.length === most;
      // The last key of a page that was cut may have more rows: it is left to the next page.
      const cutKey = isCut ? keyOf(page.at(-1) as KeyedFields) : undefined;
      let start = rows.length;
      let key: string | undefined;
      for (const fields of page) {
        const next = keyOf(fields);
        if (next !== key) {
          sortTail(rows, start);
          if (keys >= limit || bytes >= maxBytes) return rows;
          if (next === cutKey) break;
          start = rows.length;
          keys += 1;
          key = next;
        }
        const row = this.#keyedRow(fields);
        bytes += rowBytes(row);
        rows.push(row);
      }
      sortTail(rows, start);
      if (cutKey === undefined || keys >= limit || bytes >= maxBytes) return rows;
      // A key with more rows than fit a page needs a larger one.
      spare = key === undefined ? spare * 4 : SPARE_ROWS;
      if (reverse) to = successor(Buffer.from(cutKey));
      else from = Buffer.from(cutKey);
    }
  }

  arrivals(space: Space, after: number, limit: number, maxBytes: number): Row[] {
    const rows: Row[] = [];
    let bytes = 0;
    // A limit may be infinite, which SQLite says as -1.
    for (const fields of this.#arrivals.all(space.id, after, Number.isFinite(limit) ? limit : -1)) {
      const row = this.#keyedRow(fields);
      bytes += rowBytes(row);
      rows.push(row);
      if (bytes >= maxBytes) break;
    }
    return rows;
  }

  note(space: Space, name: string): Uint8Array | undefined {
    if (!space.notes.has(name)) return this.#note.get(space.id, name);
    const pending = space.notes.get(name);
    return pending && new Uint8Array(pending);
  }

  notes(space: Space, prefix: string): [string, Uint8Array][] {
    const notes: [string, Uint8Array][] = [];
    // In byte order all names with the prefix follow one another.
    for (const note of this.#notes.iterate(space.id, prefix)) {
      if (!note[0].startsWith(prefix)) break;
      notes.push(note);
    }
    return notes;
  }

  /** Writes what a change asks for; state and notes only once per transaction, by `finish`. Returns the bytes of its rows. */
  apply(space: Space, change: Change<unknown>): number {
    const { remove, add, notes, state } = change;
    if (remove === undefined && add === undefined && notes === undefined && state === undefined) {
      return 0;
    }
    if (space.id === 0) this.#create(space);
    const id = space.id;
    if (remove !== undefined) {
      for (const row of remove)
        this.#remove.run(id, row.key, this.#number(row.replica), row.counter);
    }
    let bytes = 0;
    if (add !== undefined) {
      for (const row of add) {
        const number = this.#number(row.replica);
        this.#add.run(id, row.key, number, row.counter, row.arrival, row.stamp, row.value);
        bytes += row.key.length + (row.value === null ? 0 : row.value.length);
      }
    }
    if (notes !== undefined) {
      // Copies: the caller may still hold, and alter, what it gave.
      for (const [name, value] of notes) {
        space.notes.set(name, value && new Uint8Array(value));
      }
      if (notes.length > 0) this.#unfinished.add(space);
    }
    if (state !== undefined) {
      space.state = state;
      space.dirty = true;
      this.#unfinished.add(space);
    }
    return bytes;
  }

  /** Writes what was left for the end of the transaction. */
  finish(): void {
    for (const space of this.#unfinished) {
      if (space.dirty) this.#writeState(space);
      for (const [name, value] of space.notes) {
        if (value === undefined) this.#deleteNote.run(space.id, name);
        else this.#setNote.run(space.id, name, value);
      }
      space.notes.clear();
    }
    this.#unfinished.clear();
  }

  #writeState(space: Space): void {
    const bytes = encodeReplicaState(space.state as ReplicaState);
    this.#setState.run(bytes, space.id);
    // From the bytes: the caller may still hold, and alter, what it gave.
    space.state = decodeReplicaState(bytes);
    space.dirty = false;
  }

  #create(space: Space): void {
    space.id = Number(this.#addSpace.run(space.name).lastInsertRowid);
    this.#spaces.set(space.name, space);
  }

  #list(reverse: boolean, liveOnly: boolean): ListStatement {
    const name = `${reverse ? "DESC" : "ASC"}${liveOnly ? " live" : ""}`;
    const known = this.#lists.get(name);
    if (known !== undefined) return known;
    const statement = this.#database
      .prepare<[number, Uint8Array, Uint8Array, number], KeyedFields>(
        `SELECT ${KEYED} FROM version WHERE namespace = ? AND key >= ? AND key < ?
         ${liveOnly ? "AND value IS NOT NULL" : ""} ORDER BY key ${reverse ? "DESC" : ""} LIMIT ?`,
      )
      .raw();
    this.#lists.set(name, statement);
    return statement;
  }

  #keyedRow(fields: KeyedFields): Row {
    const [, , , , value, valueBytes, id] = fields;
    const isLeftOut = value === null && valueBytes !== null;
    const row = this.#row(keyOf(fields), fields);
    return isLeftOut ? { ...row, value: this.#value.get(id) as Uint8Array } : row;
  }

  #row(key: string, fields: Readonly<RowFields> | Readonly<KeyedFields>): Row {
    return {
      key,
      replica: this.#replicas.get(fields[0]) ?? this.#replica(fields[0]),
      counter: fields[1],
      arrival: fields[2],
      stamp: fields[3],
      value: fields[4],
    };
  }

  #replica(number: number): ReplicaId {
    const bytes = this.#findReplica.get(number) as Buffer;
    const replica = bytes.toString("hex") as ReplicaId;
    this.#replicas.set(number, replica);
    return replica;
  }

  #number(replica: ReplicaId): number {
    const cached = this.#numbers.get(replica);
    if (cached !== undefined) return cached;
    const bytes = Buffer.from(replica, "hex");
    const number =
      this.#findNumber.get(bytes) ?? Number(this.#addReplica.run(bytes).lastInsertRowid);
    this.#numbers.set(replica, number);
    return number;
  }
}
