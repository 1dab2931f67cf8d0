/**
 * A storage that only the newest holder writes to. A tab that hung may wake up and still take itself for the holder,
 * while another has taken over and told its watchers what there is: nothing may be committed behind their backs.
 */
import { equalBytes, MasqError, type NamespaceId, type Random, type Storage } from "@masq/core";

const HOLDER_NOTE = "holder";
const TOKEN_BYTES = 16;

export interface FenceOptions {
  readonly storage: Storage;
  readonly namespace: NamespaceId;
  readonly random: Random;
  /** Somebody else writes now. Called before the write that found it out is refused; may be called several times. */
  readonly lost: () => void;
}

/** Shuts out every holder before. */
export const fenceStorage = async (options: FenceOptions): Promise<Storage> => {
  const { storage, namespace, random, lost } = options;
  const token = random(TOKEN_BYTES);
  await storage.update(namespace, {}, () => ({
    notes: [[HOLDER_NOTE, token]],
    result: undefined,
  }));
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
    update: (asked, reads, change) =>
      storage.update(asked, { ...reads, notes: [...(reads.notes ?? []), HOLDER_NOTE] }, (view) => {
        const holder = view.note(HOLDER_NOTE);
        if (holder !== undefined && equalBytes(holder, token)) return change(view);
        lost();
        throw new MasqError(
          "MASQ_CLOSED",
          "Another tab has taken over this app's data. Nothing was written by this one.",
        );
      }),
  };
};
