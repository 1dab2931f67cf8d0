/** Notices when a storage does not take what it is given, or give it back, and when it does so again. */
import { MasqError, type ErrorCode } from "../errors.ts";
import type { Storage } from "../storage.ts";

export interface StorageHealth {
  /** MASQ_STORAGE_…: why it failed; undefined while it does not. */
  readonly trouble: MasqError | undefined;
  /** Calls `listener` when there is trouble, another one, or none any more. The returned function ends that. */
  onChanged(listener: () => void): () => void;
}

export interface WatchedStorage {
  readonly storage: Storage;
  readonly health: StorageHealth;
}

/** What a call asks of the storage. Trouble is over when as much succeeds: a note may still fit where no value does. */
const READ = 0;
const NOTES = 1;
const ROWS = 2;

/** Until the storage is opened anew. */
const LASTING: readonly ErrorCode[] = ["MASQ_STORAGE_DAMAGED", "MASQ_STORAGE_NEWER"];

export const watchStorage = (watched: Storage): WatchedStorage => {
  const listeners = new Set<() => void>();
  let trouble: MasqError | undefined;
  let troubled = READ;
  const become = (next: MasqError | undefined): void => {
    const isNews = trouble?.code !== next?.code;
    trouble = next;
    if (isNews) for (const listener of listeners) listener();
  };
  const failed = (error: unknown, weight: number): void => {
    if (!(error instanceof MasqError) || !error.code.startsWith("MASQ_STORAGE_")) return;
    troubled = trouble === undefined ? weight : Math.max(troubled, weight);
    if (trouble === undefined || !LASTING.includes(trouble.code)) become(error);
  };
  const succeeded = (weight: number): void => {
    if (trouble !== undefined && weight >= troubled && !LASTING.includes(trouble.code))
      become(undefined);
  };
  const reading = async <Result>(answer: Promise<Result>): Promise<Result> => {
    try {
      const result = await answer;
      succeeded(READ);
      return result;
    } catch (error) {
      failed(error, READ);
      throw error;
    }
  };
  const storage: Storage = {
    get: (...args) => reading(watched.get(...args)),
    list: (...args) => reading(watched.list(...args)),
    arrivals: (...args) => reading(watched.arrivals(...args)),
    state: (...args) => reading(watched.state(...args)),
    note: (...args) => reading(watched.note(...args)),
    notes: (...args) => reading(watched.notes(...args)),
    namespaces: () => reading(watched.namespaces()),
    stat: () => watched.stat(),
    close: () => watched.close(),
    async update(namespace, reads, change) {
      let weight = NOTES;
      let isRefused = false;
      try {
        const result = await watched.update(namespace, reads, (view) => {
          // What a change throws is its own no, be it that of a write that failed before and is repeated.
          isRefused = true;
          const made = change(view);
          isRefused = false;
          const { add = [], notes = [], state } = made;
          weight = add.length > 0 ? ROWS : notes.length > 0 || state !== undefined ? NOTES : READ;
          return made;
        });
        succeeded(weight);
        return result;
      } catch (error) {
        if (!isRefused) failed(error, weight);
        throw error;
      }
    },
  };
  return {
    storage,
    health: {
      get trouble() {
        return trouble;
      },
      onChanged(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
  };
};
