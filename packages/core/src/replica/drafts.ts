/** What a change does to the keys it touches, before and after, and what that makes of a replica's counts and digest. */
import type { SymmetricPrimitives } from "../crypto/primitives.ts";
import { updateDigest } from "../data/digest.ts";
import { dataBytes } from "../data/key.ts";
import type { ReplicaState, Row, RowName } from "../storage.ts";

export const isLive = (row: Row): boolean => row.value !== null;

export interface Draft {
  readonly rows: readonly Row[];
  /** Of these, what is kept already. */
  readonly kept: readonly Row[];
  readonly wasLive: boolean;
}

export interface Summary {
  readonly removed: readonly RowName[];
  readonly added: readonly Row[];
  readonly entries: number;
  readonly tombstones: number;
  readonly bytes: number;
  readonly digest: Uint8Array;
}

export class Drafts {
  readonly #crypto: SymmetricPrimitives;
  readonly #rowsOf: (key: string) => readonly Row[];
  readonly #draftByKey = new Map<string, Draft>();
  readonly #removed: RowName[] = [];
  #entries: number;
  #tombstones: number;
  #bytes: number;
  #digest: Uint8Array;

  constructor(
    crypto: SymmetricPrimitives,
    state: ReplicaState,
    rowsOf: (key: string) => readonly Row[],
  ) {
    this.#crypto = crypto;
    this.#rowsOf = rowsOf;
    this.#entries = state.entries;
    this.#tombstones = state.tombstones;
    this.#bytes = state.bytes;
    this.#digest = state.digest;
  }

  of(key: string): Draft {
    const known = this.#draftByKey.get(key);
    if (known !== undefined) return known;
    const rows = this.#rowsOf(key);
    const draft: Draft = { rows, kept: rows, wasLive: rows.some(isLive) };
    this.#draftByKey.set(key, draft);
    return draft;
  }

  /** The key now has these rows. One that is gone never comes back, so its value is let go: a batch may remove many. */
  replace(key: string, rows: readonly Row[]): void {
    const draft = this.of(key);
    const gone = draft.kept.filter((row) => !rows.includes(row));
    this.#digest = updateDigest(this.#crypto, this.#digest, gone, []);
    for (const row of gone) {
      this.#count(row, -1);
      this.#removed.push({ key, replica: row.replica, counter: row.counter });
    }
    const kept = gone.length === 0 ? draft.kept : draft.kept.filter((row) => rows.includes(row));
    this.#draftByKey.set(key, { ...draft, rows, kept });
  }

  /** Keys and drafts in the order first touched. */
  get all(): ReadonlyMap<string, Draft> {
    return this.#draftByKey;
  }

  /** Once, at the end. */
  summary(): Summary {
    const added: Row[] = [];
    for (const { rows, kept, wasLive } of this.#draftByKey.values()) {
      if (rows === kept) continue;
      for (const row of rows) if (!kept.includes(row)) added.push(row);
      this.#entries += Number(rows.some(isLive)) - Number(wasLive);
    }
    for (const row of added) this.#count(row, 1);
    return {
      removed: this.#removed,
      added,
      entries: this.#entries,
      tombstones: this.#tombstones,
      // A label: what another version counted otherwise must not make it less than nothing.
      bytes: Math.max(0, this.#bytes),
      digest: updateDigest(this.#crypto, this.#digest, [], added),
    };
  }

  #count(row: Row, sign: 1 | -1): void {
    this.#bytes += sign * dataBytes(row);
    this.#tombstones += sign * Number(!isLive(row));
  }
}
