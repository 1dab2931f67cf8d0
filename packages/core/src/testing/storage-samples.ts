/** Rows and states to store in tests, and both as text to compare. */
import { toHex, utf8 } from "../bytes/bytes.ts";
import type { NamespaceId, ReplicaId } from "../data/ids.ts";
import type { ReplicaState, Row } from "../storage.ts";

export const MAPS: NamespaceId = "https://maps.example.org" as NamespaceId;
export const NOTES: NamespaceId = "app:org.example.notes" as NamespaceId;
export const REPLICA_A: ReplicaId = "00000000000000aa" as ReplicaId;
export const REPLICA_B: ReplicaId = "ffffffffffffff01" as ReplicaId;

/** In ascending order of their UTF-8 bytes; by UTF-16 units U+10000 would come before U+FF5E. */
export const ORDERED_KEYS: readonly string[] = [
  "\u0000",
  "\u0000\u0000",
  "\u0000a",
  "A",
  "a",
  "a\u0000",
  "a\u0000b",
  "aa",
  "b",
  "\u00e9",
  "\u4e2d",
  "\ufeffmark",
  "\uff5e",
  "\uffff",
  "\u{10000}",
  "\u{1f600}",
  "\u{10ffff}",
];

export const sampleRow = (key: string, arrival: number, change: Partial<Row> = {}): Row => ({
  key,
  replica: REPLICA_A,
  counter: arrival,
  arrival,
  stamp: Uint8Array.of(1, 2, 3, arrival % 256),
  value: utf8(`value of ${key}`),
  ...change,
});

export const sampleState = (counter: number): ReplicaState => ({
  replica: REPLICA_A,
  counter,
  arrival: counter,
  hlc: { wall: 1_790_000_000_000 + counter, tick: 65_535 },
  vector: new Map([
    [REPLICA_B, 2 ** 40],
    [REPLICA_A, counter],
  ]),
  held: new Map([
    [REPLICA_A, counter],
    [REPLICA_B, 2 ** 41],
  ]),
  digest: Uint8Array.from({ length: 16 }, (_, index) => (index * 37 + counter) % 256),
  entries: 2 ** 33,
  tombstones: 3,
  bytes: 2 ** 45,
});

/** A row as one line of text, so that plain arrays and Buffers compare alike. */
export const showRow = (row: Row): string =>
  `${toHex(utf8(row.key))} ${row.replica}:${row.counter} @${row.arrival} ${toHex(row.stamp)} ${row.value === null ? "deleted" : toHex(row.value)}`;

export const showState = (state: ReplicaState | undefined): string =>
  state === undefined
    ? "none"
    : JSON.stringify({
        ...state,
        vector: [...state.vector].sort(([a], [b]) => (a < b ? -1 : 1)),
        held: [...state.held].sort(([a], [b]) => (a < b ? -1 : 1)),
        digest: toHex(state.digest),
      });
