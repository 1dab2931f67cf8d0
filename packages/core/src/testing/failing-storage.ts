/** A storage of which the next flush can be made to fail, and whose updates can be held back. */
import { MasqError } from "../errors.ts";
import { memoryStorage } from "../memory-storage.ts";
import type { Storage } from "../storage.ts";

export interface FailingStorage extends Storage {
  /** The next `count` updates run their change and then fail as a full disk would, keeping nothing. */
  failNext(count: number): void;
  /** Updates wait until the returned function is called; they keep their order. */
  hold(): () => void;
}

export const failingStorage = (): FailingStorage => {
  const inner = memoryStorage();
  let failures = 0;
  let gate: Promise<void> = Promise.resolve();
  return {
    ...inner,
    failNext(count) {
      failures = count;
    },
    hold() {
      let open = (): void => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return open;
    },
    async update(namespace, reads, change) {
      await gate;
      return inner.update(namespace, reads, (view) => {
        const answer = change(view);
        if (failures === 0) return answer;
        failures -= 1;
        throw new MasqError("MASQ_STORAGE_FULL", "The disk is full. Nothing was written.");
      });
    },
  };
};
