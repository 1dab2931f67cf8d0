/**
 * A watch is a cursor over a replica's arrival numbers. While it keeps up it is handed each commit as it happens;
 * when it falls behind (paused by a slow reader, or resumed after a lost connection) nothing is queued for it: it
 * reads what changed since its position, merged into pages, and then follows live again. So no change is missed
 * and a watcher that never reads costs no memory.
 */
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

export interface Watch {
  /** Stops handing out events; nothing is queued meanwhile. */
  pause(): void;
  resume(): void;
  close(): void;
}

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
  let position = after;
  let delivered = after;
  let isPaused = false;
  let isClosed = false;
  let isCatchingUp = false;

  const emit = (reached: number, shown: readonly Shown[]): void => {
    position = reached;
    const watched = shown.filter(({ key }) => matches(key));
    if (watched.length === 0 && position - delivered < POSITION_INTERVAL) return;
    const before = delivered;
    delivered = position;
    deliver({ before, position, shown: watched });
  };

  const catchUp = async (): Promise<void> => {
    isCatchingUp = true;
    try {
      while (!isPaused && !isClosed && position < replica.position) {
        const page = await replica.changes(position);
        if (isPaused || isClosed || page.position === position) break;
        emit(page.position, page.shown);
      }
    } finally {
      isCatchingUp = false;
    }
  };

  const start = (): void => {
    if (isPaused || isClosed || isCatchingUp || position >= replica.position) return;
    catchUp().catch((error: unknown) => {
      if (isClosed) return;
      close();
      failed(error);
    });
  };

  const forget = replica.onCommit((commit) => {
    if (isPaused || isCatchingUp) return;
    if (position === commit.before) emit(commit.after, commit.shown);
    else start();
  });

  const close = (): void => {
    isClosed = true;
    forget();
  };

  start();
  return {
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      start();
    },
    close,
  };
};
