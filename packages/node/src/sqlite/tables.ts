/** All statements on the tables of a store, prepared once, and the two small caches in front of them. */
import {
  byDot,
  dataBytes,
  type Change,
  type ListOptions,
  type NamespaceId,
  type ReplicaId,
  type ReplicaState,
  type Row,
  decodeReplicaState,
  encodeReplicaState,
} from "@masq/core";
import { AddedRows } from "./added-rows.ts";
import type { Database, Statement } from "./driver.ts";
import {
  BULK,
  halfOpen,
  KEYED,
  keyOf,
  repeated,
  ROW,
  sortTail,
  SPARE_ROWS,
  successor,
  type KeyedFields,
  type KeyedRowFields,
  type RowFields,
} from "./version-rows.ts";

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

type ListStatement = Statement<[number, Uint8Array, Uint8Array, number], KeyedFields>;

export class Tables {
  readonly #database: Database;
  readonly #spaces: Map<NamespaceId, Space> = new Map();
  readonly #numbers: Map<ReplicaId, number> = new Map();
  readonly #replicas: Map<number, ReplicaId> = new Map();
  /** Spaces with a state or notes to write before the transaction ends. */
  readonly #unfinished: Set<Space> = new Set();

  readonly #added: AddedRows;
  readonly #findSpace: Statement<[string], [number, Uint8Array | null]>;
  readonly #addSpace: Statement<[string]>;
  readonly #setState: Statement<[Uint8Array, number]>;
  readonly #spaceNames: Statement<[], NamespaceId>;
  readonly #findNumber: Statement<[Uint8Array], number>;
  readonly #findReplica: Statement<[number], Buffer>;
  readonly #addReplica: Statement<[Uint8Array]>;
  readonly #rows: Statement<[number, string], RowFields>;
  readonly #bulkRows: Statement<[(number | string)[]], KeyedRowFields>;
  readonly #anyBetween: Statement<[number, Uint8Array, Uint8Array], number>;
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
    this.#bulkRows = prepare<[(number | string)[]], KeyedRowFields>(
      `SELECT ${ROW}, CAST(key AS TEXT) FROM version WHERE namespace = ? AND key IN (${repeated("CAST(? AS BLOB)")})`,
    ).raw();
    this.#anyBetween = prepare<[number, Uint8Array, Uint8Array], number>(
      "SELECT EXISTS(SELECT 1 FROM version WHERE namespace = ? AND key BETWEEN ? AND ?)",
    ).pluck();
    this.#added = new AddedRows(database);
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
    this.#added.forget();
  }

  /** Whether every row is written as soon as it is added: then an error belongs to the change being applied. */
  writeSingly(isCareful: boolean): void {
    this.#added.isCareful = isCareful;
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
    this.#added.writeBefore(key);
    const rows: Row[] = [];
    for (const fields of this.#rows.all(space.id, key)) rows.push(this.#row(key, fields));
    if (rows.length > 1) rows.sort(byDot);
    return rows;
  }

  /** All versions of each key, as `rows` gives them. */
  rowsByKey(space: Space, keys: readonly string[]): Map<string, Row[]> {
    this.#added.write();
    const rowsByKey = new Map<string, Row[]>();
    let start = 0;
    for (; start + BULK <= keys.length; start += BULK) {
      const some = keys.slice(start, start + BULK);
      for (const key of some) rowsByKey.set(key, []);
      for (const fields of this.#bulkRows.all([space.id, ...some])) {
        rowsByKey.get(fields[5])?.push(this.#row(fields[5], fields));
      }
    }
    for (const rows of rowsByKey.values()) if (rows.length > 1) rows.sort(byDot);
    for (const key of keys.slice(start)) rowsByKey.set(key, this.rows(space, key));
    return rowsByKey;
  }

  /**
   * Whether there is a row from the first to the last of these keys: new ones that follow one another, as in an import or
   * a first synchronisation, then need not be looked up one by one.
   */
  holdsAnyBetween(space: Space, keys: readonly string[]): boolean {
    this.#added.write();
    let first: Buffer | undefined;
    let last: Buffer | undefined;
    for (const key of keys) {
      // Not as texts: beyond U+FFFF these have another order.
      const bytes = Buffer.from(key);
      if (first === undefined || bytes.compare(first) < 0) first = bytes;
      if (last === undefined || bytes.compare(last) > 0) last = bytes;
    }
    if (first === undefined || last === undefined) return false;
    return this.#anyBetween.get(space.id, first, last) === 1;
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
        bytes += dataBytes(row);
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
      bytes += dataBytes(row);
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
      for (const row of remove) {
        this.#added.writeBefore(row.key);
        this.#remove.run(id, row.key, this.#number(row.replica), row.counter);
      }
    }
    const bytes = add === undefined ? 0 : this.#addRows(id, add);
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
    this.#added.write();
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

  /** Returns about how many bytes that is. */
  #addRows(space: number, rows: readonly Row[]): number {
    let bytes = 0;
    for (const row of rows) {
      const { key, replica, counter, arrival, stamp, value } = row;
      bytes += dataBytes(row);
      this.#added.add([space, key, this.#number(replica), counter, arrival, stamp, value]);
    }
    return bytes;
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
    const [replica, counter, arrival, stamp, found, key] = fields;
    const value = typeof found === "number" ? (this.#value.get(found) as Uint8Array) : found;
    return this.#row(key, [replica, counter, arrival, stamp, value]);
  }

  #row(key: string, fields: Readonly<RowFields> | Readonly<KeyedRowFields>): Row {
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
