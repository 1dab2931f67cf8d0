/**
 * What the calls of one transaction see: all they named, read at its beginning, with what those before them have changed
 * laid over it. Nothing of it outlives the transaction: another tab may write next.
 */
import {
  byDot,
  decodeReplicaState,
  MasqError,
  sameDot,
  type Change,
  type NamespaceId,
  type Reads,
  type ReplicaState,
  type Row,
  type View,
} from "@masq/core";
import { wrap } from "idb";
import { noteKey } from "./records.ts";
import { readKeys } from "./read-rows.ts";
import { type NoteRecord, NOTES, ROWS, STATES } from "./schema.ts";

export interface Asked {
  readonly namespace: NamespaceId;
  readonly reads: Reads;
}

/** One namespace as a transaction sees it. */
export interface Space {
  state: ReplicaState | undefined;
  readonly rows: Map<string, Row[]>;
  readonly notes: Map<string, Uint8Array | undefined>;
  isStateChanged: boolean;
  readonly changedNotes: Set<string>;
}

const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

const copyRow = (row: Row): Row => ({
  ...row,
  stamp: copy(row.stamp),
  value: row.value === null ? null : copy(row.value),
});

const readSpace = async (
  transaction: IDBTransaction,
  namespace: NamespaceId,
  keys: ReadonlySet<string>,
  names: ReadonlySet<string>,
): Promise<Space> => {
  const state: IDBRequest<Uint8Array | undefined> = transaction.objectStore(STATES).get(namespace);
  const notes = [...names].map((name): IDBRequest<NoteRecord | undefined> =>
    transaction.objectStore(NOTES).get(noteKey(namespace, name)),
  );
  const texts = [...keys];
  // Made after the others: when these have succeeded, so have those.
  const rows = await (texts.length === 0
    ? wrap((notes.at(-1) ?? state) as IDBRequest<unknown>).then(() => [])
    : readKeys(transaction.objectStore(ROWS), namespace, texts));
  return {
    state: state.result && decodeReplicaState(state.result),
    rows: new Map(texts.map((key, index) => [key, rows[index] as Row[]])),
    notes: new Map([...names].map((name, index) => [name, notes[index]?.result?.v])),
    isStateChanged: false,
    changedNotes: new Set(),
  };
};

/** Reads all that the calls named; the transaction waits for nothing else. */
export const readSpaces = async (
  transaction: IDBTransaction,
  calls: readonly Asked[],
): Promise<Map<NamespaceId, Space>> => {
  const named = new Map<NamespaceId, { keys: Set<string>; notes: Set<string> }>();
  for (const { namespace, reads } of calls) {
    let names = named.get(namespace);
    if (names === undefined) named.set(namespace, (names = { keys: new Set(), notes: new Set() }));
    for (const key of reads.keys ?? []) names.keys.add(key);
    for (const name of reads.notes ?? []) names.notes.add(name);
  }
  const spaces = await Promise.all(
    [...named].map(async ([namespace, { keys, notes }]) => {
      return [namespace, await readSpace(transaction, namespace, keys, notes)] as const;
    }),
  );
  return new Map(spaces);
};

const unnamed = (): never => {
  throw new MasqError("MASQ_INTERNAL", "A change looked at something it had not named.");
};

/** What a change may look at. Copies, as others of the same transaction look at the same. */
export const viewOf = (space: Space): View => ({
  state: space.state,
  rows: (key) => (space.rows.get(key) ?? unnamed()).map(copyRow),
  note(name) {
    if (!space.notes.has(name)) unnamed();
    const value = space.notes.get(name);
    return value && copy(value);
  },
});

/** Lays a change over what those after it will see. */
export const overlay = (space: Space, change: Change<unknown>): void => {
  for (const row of change.remove ?? []) {
    const kept = space.rows.get(row.key);
    const index = kept?.findIndex((other) => sameDot(other, row)) ?? -1;
    if (index >= 0) kept?.splice(index, 1);
  }
  for (const row of change.add ?? []) {
    const kept = space.rows.get(row.key);
    if (kept === undefined) continue;
    kept.push(row);
    if (kept.length > 1) kept.sort(byDot);
  }
  for (const [name, value] of change.notes ?? []) {
    space.notes.set(name, value);
    space.changedNotes.add(name);
  }
  if (change.state !== undefined) {
    space.state = change.state;
    space.isStateChanged = true;
  }
};
