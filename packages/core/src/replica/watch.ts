/**
 * A watch is a cursor over a replica's commits that hands on the keys that changed, as they stand. While it is behind it
 * hands on merged pages: a key once, as it stands by then. docs/protocol.md, "Watches".
 */
import { followCommits, type Cursor } from "./cursor.ts";
import type { Replica } from "./replica.ts";
import type { Shown } from "./shown.ts";

/** One key, or every key with a prefix. */
export type WatchTarget = { readonly key: string } | { readonly prefix: string };

export interface WatchEvent {
  /** Arrival number before: where to go on from if only a part of this event was taken in. */
  readonly before: number;
  /** Arrival number reached: a watch opened after it continues without a gap. */
  readonly position: number;
  /** The keys that changed, as they stand at that position or later; empty when only the position is told. */
  readonly shown: readonly Shown[];
}

/** Arrivals after which a watcher is told its position although nothing it watches has changed. */
const POSITION_INTERVAL = 1000;

export type Watch = Cursor;

const matcher = (target: WatchTarget): ((key: string) => boolean) =>
  "key" in target ? (key) => key === target.key : (key) => key.startsWith(target.prefix);

/**
 * Watches `target` from arrival number `after` on (the replica's position for "from now on"). `deliver` is called in
 * order, once per commit while live; it may call `pause`. `failed` is called once when the storage can no longer be read.
 */
export const watchReplica = (
  replica: Replica,
  target: WatchTarget,
  after: number,
  deliver: (event: WatchEvent) => void,
  failed: (error: unknown) => void,
): Watch => {
  const matches = matcher(target);
  let delivered = after;
  return followCommits<readonly Shown[]>(replica, {
    position: after,
    read: async (position) => {
      const page = await replica.changes(position);
      if (page.position === position) return undefined;
      return { position: page.position, items: page.shown };
    },
    take: ({ shown }) => shown,
    deliver: ({ position, items }) => {
      const watched = items.filter(({ key }) => matches(key));
      if (watched.length === 0 && position - delivered < POSITION_INTERVAL) return;
      const before = delivered;
      delivered = position;
      deliver({ before, position, shown: watched });
    },
    failed,
  });
};
