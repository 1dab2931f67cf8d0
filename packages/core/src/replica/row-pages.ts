/** Pages of rows as they are kept, for another replica: by arrival in whole commits, or by key in whole entries. */
import { utf8 } from "../bytes/bytes.ts";
import type { NamespaceId } from "../data/ids.ts";
import { dataBytes } from "../data/key.ts";
import { stampIndex } from "../data/stamp.ts";
import { type ReplicaState, type Row, type Storage } from "../storage.ts";

export interface PageSize {
  /** Most rows of a page of commits, most keys of a page of entries. */
  readonly limit: number;
  /** A page ends with the row that reaches this many bytes of keys and values. */
  readonly bytes: number;
}

export const PAGE: PageSize = { limit: 500, bytes: 128 * 1024 };

export interface CommitPage {
  /** What is left of each commit, never a part of it. */
  readonly commits: readonly (readonly Row[])[];
  /** Arrival number reached. */
  readonly reached: number;
  /** The state of the moment at which nothing lay beyond `reached`; undefined when there may be more. */
  readonly state: ReplicaState | undefined;
}

export interface KeyPage {
  /** By key, all siblings and tombstones of each. */
  readonly rows: readonly Row[];
  /** Last key of the page; undefined for an empty one. */
  readonly last: string | undefined;
  readonly isEnd: boolean;
}

/** Cuts rows in the order of arrival into commits: those of one commit share the arrival number of its first. */
export const groupCommits = (rows: readonly Row[]): Row[][] => {
  const commits: Row[][] = [];
  let current: Row[] = [];
  let first = Number.NaN;
  for (const row of rows) {
    const start = row.arrival - stampIndex(row.stamp);
    if (start !== first) {
      current = [];
      commits.push(current);
      first = start;
    }
    current.push(row);
  }
  return commits;
};

/** The commits after an arrival number. A commit at which the page would be cut is left to the next. */
export const readCommits = async (
  storage: Storage,
  namespace: NamespaceId,
  after: number,
  { limit, bytes }: PageSize,
): Promise<CommitPage> => {
  for (let scale = 1; ; scale *= 4) {
    const rows = await storage.arrivals(namespace, after, limit * scale, bytes * scale);
    const size = rows.reduce((sum, row) => sum + dataBytes(row), 0);
    const mayBeCut = rows.length >= limit * scale || size >= bytes * scale;
    const commits = groupCommits(rows);
    if (mayBeCut) {
      commits.pop();
      // Nothing but one large commit: it takes a larger page.
      if (commits.length === 0) continue;
    }
    const reached = commits.at(-1)?.at(-1)?.arrival ?? after;
    if (mayBeCut) return { commits, reached, state: undefined };
    // Read after the rows: if it is no further than they are, they were all there is.
    const state = await storage.state(namespace);
    if (state === undefined || state.arrival === reached) return { commits, reached, state };
    // A commit came in between; or a damaged disk has lost the newest row, and nothing will ever come.
    const isEnd = (await storage.arrivals(namespace, reached, 1, 1)).length === 0;
    return isEnd
      ? { commits, reached: Math.max(reached, state.arrival), state }
      : { commits, reached, state: undefined };
  }
};

export const readKeys = async (
  storage: Storage,
  namespace: NamespaceId,
  after: string | undefined,
  { limit, bytes }: PageSize,
): Promise<KeyPage> => {
  const range = after === undefined ? {} : { lower: { key: utf8(after), inclusive: false } };
  const options = { range, reverse: false, limit, maxBytes: bytes, liveOnly: false };
  const rows = await storage.list(namespace, options);
  const last = rows.at(-1)?.key;
  return { rows, last, isEnd: last === undefined };
};
