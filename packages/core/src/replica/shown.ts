/** An entry as apps see it: the winner of its siblings, its version token, and whether there are others. */
import { versionToken } from "../data/version-token.ts";
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
  const live = rows.filter((row) => row.value !== null);
  return {
    key,
    value: winner(live)?.value ?? null,
    version: versionToken(live.map(rowDot)),
    conflict: live.length > 1,
  };
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
