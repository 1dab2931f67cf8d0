/** What a change does to the keys it touches, before and after, and what that makes of a replica's counts and digest. */
import type { SymmetricPrimitives } from "../crypto/primitives.ts";
import { updateDigest } from "../data/digest.ts";
import type { ReplicaState, Row } from "../storage.ts";
import { rowBytes } from "./shown.ts";

export const isLive = (row: Row): boolean => row.value !== null;

export interface Draft {
  rows: readonly Row[];
  readonly before: readonly Row[];
}

export interface Summary {
  readonly removed: readonly Row[];
  readonly added: readonly Row[];
  readonly entries: number;
  readonly tombstones: number;
  readonly bytes: number;
  readonly digest: Uint8Array;
}

export class Drafts {
  readonly #rowsOf: (key: string) => readonly Row[];
  readonly #draftByKey = new Map<string, Draft>();

  constructor(rowsOf: (key: string) => readonly Row[]) {
    this.#rowsOf = rowsOf;
  }

  of(key: string): Draft {
    const known = this.#draftByKey.get(key);
    if (known !== undefined) return known;
    const before = this.#rowsOf(key);
    const draft: Draft = { rows: before, before };
    this.#draftByKey.set(key, draft);
    return draft;
  }

  /** Keys and drafts in the order first touched. */
  get all(): ReadonlyMap<string, Draft> {
    return this.#draftByKey;
  }

  summary(crypto: SymmetricPrimitives, state: ReplicaState): Summary {
    const removed: Row[] = [];
    const added: Row[] = [];
    let { entries, tombstones, bytes } = state;
    for (const { before, rows } of this.#draftByKey.values()) {
      if (before === rows) continue;
      for (const row of before) if (!rows.includes(row)) removed.push(row);
      for (const row of rows) if (!before.includes(row)) added.push(row);
      entries += Number(rows.some(isLive)) - Number(before.some(isLive));
    }
    for (const row of removed) {
      bytes -= rowBytes(row);
      tombstones -= Number(!isLive(row));
    }
    for (const row of added) {
      bytes += rowBytes(row);
      tombstones += Number(!isLive(row));
    }
    const digest = updateDigest(crypto, state.digest, removed, added);
    return { removed, added, entries, tombstones, bytes, digest };
  }
}
