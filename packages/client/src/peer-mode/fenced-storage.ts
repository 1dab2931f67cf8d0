/**
 * A storage that only the newest holder writes to. A tab that hung may wake up and still take itself for the holder,
 * while another has taken over and told its watchers what there is: nothing may be committed behind their backs.
 */
import {
  codeOf,
  equalBytes,
  MasqError,
  type NamespaceId,
  type Random,
  type Storage,
} from "@masq/core";

const HOLDER_NOTE = "holder";
const TOKEN_BYTES = 16;

export interface FenceOptions {
  readonly storage: Storage;
  readonly namespace: NamespaceId;
  readonly random: Random;
  /** Somebody else writes now. Called before the write that found it out is refused; may be called several times. */
  readonly lost: () => void;
}

/**
 * Shuts out every holder before. Where there is no room even for that, it can be read: a holder before may still write, so
 * that this one writes nothing, and begins anew (`lost`) when there is room.
 */
export const fenceStorage = async (options: FenceOptions): Promise<Storage> => {
  const { storage, namespace, random, lost } = options;
  const token = random(TOKEN_BYTES);
  const shutOut = (): Promise<void> =>
    storage.update(namespace, {}, () => ({ notes: [[HOLDER_NOTE, token]], result: undefined }));
  const over = (): never => {
    lost();
    throw new MasqError(
      "MASQ_CLOSED",
      "Another tab has taken over this app's data. Nothing was written by this one.",
    );
  };
  let isFenced = true;
  /** Once at most with success: by then another may have begun. */
  let trying: Promise<void> | undefined;
  await shutOut().catch((error: unknown) => {
    if (codeOf(error) !== "MASQ_STORAGE_FULL") throw error;
    isFenced = false;
  });
  return {
    get: (...args) => storage.get(...args),
    list: (...args) => storage.list(...args),
    arrivals: (...args) => storage.arrivals(...args),
    state: (...args) => storage.state(...args),
    note: (...args) => storage.note(...args),
    notes: (...args) => storage.notes(...args),
    namespaces: () => storage.namespaces(),
    stat: () => storage.stat(),
    close: () => storage.close(),
    async update(asked, reads, change) {
      if (!isFenced) {
        trying ??= shutOut();
        await trying.catch((error: unknown) => {
          trying = undefined;
          throw error;
        });
        return over();
      }
      const notes = [...(reads.notes ?? []), HOLDER_NOTE];
      return storage.update(asked, { ...reads, notes }, (view) => {
        const holder = view.note(HOLDER_NOTE);
        return holder !== undefined && equalBytes(holder, token) ? change(view) : over();
      });
    },
  };
};
