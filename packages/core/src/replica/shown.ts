/** An entry as apps see it: the winner of its siblings, its version token, and whether there are others. */
import { byDot } from "../data/dot.ts";
import { MAX_NAMED_SIBLINGS, versionToken } from "../data/version-token.ts";
import { rowDot, winner } from "../data/version.ts";
import type { Row } from "../storage.ts";

export interface Shown {
  readonly key: string;
  /** CBOR; null when the key is absent. */
  readonly value: Uint8Array | null;
  /** data/version-token.ts */
  readonly version: string;
  /** More than one live sibling. */
  readonly conflict: boolean;
}

export const showEntry = (key: string, rows: readonly Row[]): Shown => {
  const only = rows[0];
  if (rows.length === 1 && only !== undefined && only.value !== null) {
    return { key, value: only.value, version: versionToken([only]), conflict: false };
  }
  const siblings = namedSiblings(rows);
  return {
    key,
    value: siblings[0]?.value ?? null,
    version: versionToken(siblings.map(rowDot)),
    conflict: siblings.length > 1,
  };
};

/** The live rows of a key, the winner first; where there are very many only the first of them, for apps to resolve. */
export const namedSiblings = (rows: readonly Row[]): Row[] => {
  const live = rows.filter((row) => row.value !== null).sort(byDot);
  const shown = winner(live);
  if (shown === undefined) return [];
  return [shown, ...live.filter((row) => row !== shown).slice(0, MAX_NAMED_SIBLINGS - 1)];
};

/** Groups rows that come in key order into entries. */
export const showEntries = (rows: readonly Row[]): Shown[] => {
  const entries: Shown[] = [];
  for (let start = 0; start < rows.length;) {
    const { key } = rows[start] as Row;
    let end = start + 1;
    while (end < rows.length && (rows[end] as Row).key === key) end += 1;
    entries.push(showEntry(key, rows.slice(start, end)));
    start = end;
  }
  return entries;
};
