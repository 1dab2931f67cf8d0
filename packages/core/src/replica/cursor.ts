/**
 * A cursor over the order of a replica's commits. While it keeps up it is handed each commit as it happens; when it falls
 * behind (paused by a slow reader, or resumed after a lost connection) nothing is queued for it: it reads what is there
 * after its position and then follows live again. So nothing is missed, and one that never moves on costs no memory.
 */
import type { Commit, Replica } from "./replica.ts";

/** What is handed on, and the arrival number it reaches. */
export interface CursorPage<Items> {
  readonly position: number;
  readonly items: Items;
  /** There may be more, even if no commit beyond the position has been told of. */
  readonly isPartial?: boolean;
}

export interface CursorOptions<Items> {
  /** Arrival number to begin after. */
  readonly position: number;
  /** Look even if the replica is not beyond the position. */
  readonly isBehind?: boolean;
  /** What comes after a position, bounded; undefined when there is nothing. */
  readonly read: (position: number) => Promise<CursorPage<Items> | undefined>;
  /** The same of a commit that begins at the position; undefined to have it read instead. */
  readonly take: (commit: Commit) => Items | undefined;
  /** Called in order; may call `pause`. */
  readonly deliver: (page: CursorPage<Items>) => void;
  /** Called once, when the storage can no longer be read. */
  readonly failed: (error: unknown) => void;
}

export interface Cursor {
  /** Stops handing out; nothing is queued meanwhile. */
  pause(): void;
  resume(): void;
  /** Resolves once all up to this arrival number was handed on, or the cursor is closed. */
  reached(position: number): Promise<void>;
  close(): void;
}

export const followCommits = <Items>(replica: Replica, options: CursorOptions<Items>): Cursor => {
  let { position } = options;
  let isBehind = options.isBehind ?? position < replica.position;
  let isPaused = false;
  let isClosed = false;
  let isReading = false;
  const waiters = new Set<{ readonly position: number; readonly resolve: () => void }>();

  const tellReached = (upTo: number): void => {
    for (const waiter of waiters) {
      if (waiter.position > upTo) continue;
      waiters.delete(waiter);
      waiter.resolve();
    }
  };

  const deliver = (page: CursorPage<Items>): void => {
    position = page.position;
    options.deliver(page);
    tellReached(position);
  };

  const catchUp = async (): Promise<void> => {
    isReading = true;
    try {
      while (isBehind && !isPaused && !isClosed) {
        // Commits from here on are behind it again, whether or not the page has them already.
        isBehind = false;
        const known = replica.position;
        const page = await options.read(position);
        if (isClosed) return;
        if (isPaused) isBehind = true;
        else if (page !== undefined) {
          if (page.isPartial === true || page.position < replica.position) isBehind = true;
          deliver(page);
        } else tellReached(known);
      }
    } finally {
      isReading = false;
    }
  };

  const start = (): void => {
    if (isReading || !isBehind || isPaused || isClosed) return;
    catchUp().catch((error: unknown) => {
      if (isClosed) return;
      close();
      options.failed(error);
    });
  };

  const forget = replica.onCommit((commit) => {
    // Read already, before it was told.
    if (commit.after < position || (commit.after === position && commit.before < position)) return;
    if (!isPaused && !isReading && !isBehind && commit.before === position) {
      const items = options.take(commit);
      if (items !== undefined) {
        deliver({ position: commit.after, items });
        return;
      }
    }
    isBehind = true;
    start();
  });

  const close = (): void => {
    isClosed = true;
    forget();
    tellReached(Infinity);
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
    reached: (wanted) =>
      new Promise((resolve) => {
        if (isClosed || wanted <= position) resolve();
        else waiters.add({ position: wanted, resolve });
      }),
    close,
  };
};
