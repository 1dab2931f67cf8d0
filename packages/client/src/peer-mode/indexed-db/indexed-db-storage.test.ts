import "fake-indexeddb/auto";
import { storageCases, testHost } from "@masq/core/testing";
import { describe, it, vi } from "vitest";
import { openIndexedDbStorage, type IndexedDbStorage } from "./index.ts";

vi.stubGlobal("navigator", {
  storage: { persisted: async () => true, estimate: async () => ({ usage: 1_000_000 }) },
});

let names = 0;
const newName = (): string => `storage ${(names += 1)}`;
const host = testHost({ seed: 1 });

describe("IndexedDB storage", () => {
  for (const { name, run } of storageCases) {
    it(name, () =>
      run(() => {
        const database = newName();
        const open = (): Promise<IndexedDbStorage> =>
          openIndexedDbStorage({ name: database, host });
        return { open, reopen: open };
      }),
    );
  }
});
