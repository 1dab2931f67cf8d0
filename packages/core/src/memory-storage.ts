/**
 * The reference storage: plain maps and sorted arrays, nothing durable. Tests and simulations run on it and the
 * others are compared with it, so it is strict: a change may look only at what it named.
 */
import { compareBytes, utf8 } from "./bytes/bytes.ts";
import { byDot } from "./data/dot.ts";
import type { NamespaceId } from "./data/ids.ts";
import { dataBytes } from "./data/key.ts";
import { MasqError } from "./errors.ts";
import type {
  Change,
  KeyRange,
  Reads,
  ReplicaState,
  Row,
  RowName,
  Storage,
  View,
} from "./storage.ts";

interface Entry {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** By replica and counter, never empty. */
  rows: Row[];
}

class Space {
  state: ReplicaState | undefined;
  readonly byKey: Map<string, Entry> = new Map();
  /** The same entries by key bytes. */
  readonly entries: Entry[] = [];
  /** All rows by arrival. */
  readonly arrivals: Row[] = [];
  readonly notes: Map<string, Uint8Array> = new Map();
}

/** First index at which `isBefore` no longer holds. */
const search = <Item>(items: readonly Item[], isBefore: (item: Item) => boolean): number => {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(items[middle] as Item)) low = middle + 1;
    else high = middle;
  }
  return low;
};

// Not `slice`: on Node a Buffer's slice shares its memory.
const copyBytes = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

const copyRow = (row: Row): Row => ({
  ...row,
  stamp: copyBytes(row.stamp),
  value: row.value === null ? null : copyBytes(row.value),
});

const copyState = (state: ReplicaState): ReplicaState => ({
  ...state,
  vector: new Map(state.vector),
  held: new Map(state.held),
  digest: copyBytes(state.digest),
});

const dotOf = (row: RowName): string => `${row.replica}/${row.counter}/${row.key}`;

const removeRow = (space: Space, row: RowName): void => {
  const entry = space.byKey.get(row.key);
  const index = entry?.rows.findIndex((kept) => byDot(kept, row) === 0) ?? -1;
  if (entry === undefined || index < 0) return;
  const [removed] = entry.rows.splice(index, 1) as [Row];
  space.arrivals.splice(
    search(space.arrivals, (kept) => kept.arrival < removed.arrival),
    1,
  );
  if (entry.rows.length > 0) return;
  space.byKey.delete(row.key);
  space.entries.splice(
    search(space.entries, (kept) => compareBytes(kept.bytes, entry.bytes) < 0),
    1,
  );
};

const addRow = (space: Space, added: Row): void => {
  const row = copyRow(added);
  const entry = space.byKey.get(row.key);
  if (entry === undefined) {
    const bytes = utf8(row.key);
    const fresh: Entry = { key: row.key, bytes, rows: [row] };
    space.byKey.set(row.key, fresh);
    space.entries.splice(
      search(space.entries, (kept) => compareBytes(kept.bytes, bytes) < 0),
      0,
      fresh,
    );
  } else {
    entry.rows.splice(
      search(entry.rows, (kept) => byDot(kept, row) < 0),
      0,
      row,
    );
  }
  space.arrivals.splice(
    search(space.arrivals, (kept) => kept.arrival < row.arrival),
    0,
    row,
  );
};

/** A dot and an arrival number name one row: adding either twice is a defect of the caller. */
const checkAdded = (space: Space, change: Change<unknown>): void => {
  const removed = new Set<string>();
  const freed = new Set<number>();
  for (const row of change.remove ?? []) {
    removed.add(dotOf(row));
    const kept = space.byKey.get(row.key)?.rows.find((other) => byDot(other, row) === 0);
    if (kept !== undefined) freed.add(kept.arrival);
  }
  const dots = new Set<string>();
  const arrivals = new Set<number>();
  for (const row of change.add ?? []) {
    const dot = dotOf(row);
    const held = space.byKey.get(row.key)?.rows.some((kept) => byDot(kept, row) === 0) === true;
    const at = space.arrivals[search(space.arrivals, (kept) => kept.arrival < row.arrival)];
    const taken = at?.arrival === row.arrival && !freed.has(row.arrival);
    if (dots.has(dot) || arrivals.has(row.arrival) || taken || (held && !removed.has(dot))) {
      throw new MasqError("MASQ_INTERNAL", "A change adds a version that is already kept.");
    }
    dots.add(dot);
    arrivals.add(row.arrival);
  }
};

const apply = (space: Space, change: Change<unknown>): void => {
  checkAdded(space, change);
  for (const row of change.remove ?? []) removeRow(space, row);
  for (const row of change.add ?? []) addRow(space, row);
  for (const [name, value] of change.notes ?? []) {
    if (value === undefined) space.notes.delete(name);
    else space.notes.set(name, copyBytes(value));
  }
  if (change.state !== undefined) space.state = copyState(change.state);
};

const rowsOf = (space: Space | undefined, key: string): Row[] =>
  space?.byKey.get(key)?.rows.map(copyRow) ?? [];

const noteOf = (space: Space | undefined, name: string): Uint8Array | undefined => {
  const value = space?.notes.get(name);
  return value === undefined ? undefined : copyBytes(value);
};

const viewOf = (space: Space, reads: Reads): View => {
  const keys = new Set(reads.keys);
  const notes = new Set(reads.notes);
  const named = (names: ReadonlySet<string>, name: string): string => {
    if (names.has(name)) return name;
    throw new MasqError("MASQ_INTERNAL", "A change looked at something it had not named.");
  };
  return {
    state: space.state && copyState(space.state),
    rows: (key) => rowsOf(space, named(keys, key)),
    note: (name) => noteOf(space, named(notes, name)),
  };
};

/** Indexes of the first entry inside the range and of the first behind it. */
const bounds = (entries: readonly Entry[], { lower, upper }: KeyRange): [number, number] => {
  const start =
    lower === undefined
      ? 0
      : search(entries, ({ bytes }) => compareBytes(bytes, lower.key) < (lower.inclusive ? 0 : 1));
  const end =
    upper === undefined
      ? entries.length
      : search(entries, ({ bytes }) => compareBytes(bytes, upper.key) < (upper.inclusive ? 1 : 0));
  return [start, end];
};

const byText = (a: string, b: string): number => compareBytes(utf8(a), utf8(b));

export const memoryStorage = (): Storage => {
  const spaces = new Map<NamespaceId, Space>();
  let closed = false;

  const check = (): void => {
    if (closed) throw new MasqError("MASQ_CLOSED", "The storage is closed.");
  };

  return {
    async update(namespace, reads, change) {
      check();
      // As in the durable storages, the caller goes on before its change is applied.
      await Promise.resolve();
      const space = spaces.get(namespace) ?? new Space();
      const answer = change(viewOf(space, reads));
      apply(space, answer);
      spaces.set(namespace, space);
      return answer.result;
    },
    async get(namespace, keys) {
      check();
      return keys.map((key) => rowsOf(spaces.get(namespace), key));
    },
    async list(namespace, { range, reverse, limit, maxBytes, liveOnly }) {
      check();
      const entries = spaces.get(namespace)?.entries ?? [];
      const [start, end] = bounds(entries, range);
      const rows: Row[] = [];
      let keys = 0;
      let bytes = 0;
      for (let step = 0; step < end - start && keys < limit && bytes < maxBytes; step += 1) {
        const entry = entries[reverse ? end - 1 - step : start + step] as Entry;
        const shown = liveOnly ? entry.rows.filter((row) => row.value !== null) : entry.rows;
        if (shown.length > 0) keys += 1;
        for (const row of shown) {
          bytes += dataBytes(row);
          rows.push(copyRow(row));
        }
      }
      return rows;
    },
    async arrivals(namespace, after, limit, maxBytes) {
      check();
      const kept = spaces.get(namespace)?.arrivals ?? [];
      const rows: Row[] = [];
      let bytes = 0;
      let index = search(kept, (row) => row.arrival <= after);
      for (; index < kept.length && rows.length < limit && bytes < maxBytes; index += 1) {
        const row = kept[index] as Row;
        bytes += dataBytes(row);
        rows.push(copyRow(row));
      }
      return rows;
    },
    async state(namespace) {
      check();
      const state = spaces.get(namespace)?.state;
      return state && copyState(state);
    },
    async note(namespace, name) {
      check();
      return noteOf(spaces.get(namespace), name);
    },
    async notes(namespace, prefix) {
      check();
      const notes = [...(spaces.get(namespace)?.notes ?? [])];
      return notes
        .filter(([name]) => name.startsWith(prefix))
        .sort(([a], [b]) => byText(a, b))
        .map(([name, value]) => [name, copyBytes(value)]);
    },
    async namespaces() {
      check();
      const names = [...spaces].filter(([, space]) => space.state !== undefined);
      return names.map(([name]) => name).sort(byText);
    },
    async stat() {
      check();
      return { bytes: 0, durable: false, encrypted: false };
    },
    async close() {
      closed = true;
      // Updates already called run in the microtasks before this one.
      await Promise.resolve();
    },
  };
};
