/** What a replica looks at before it queues a write. */
import { checkKey } from "../data/key.ts";
import { checkValueSize } from "../data/value.ts";
import { checkBatch } from "./batch-limits.ts";
import type { Operation } from "./commit.ts";

/** The distinct keys of a write that keeps to the limits; throws otherwise, before anything is queued. */
export const checkOperations = (operations: readonly Operation[]): string[] => {
  for (const { key, value } of operations) {
    checkKey(key);
    if (value !== null) checkValueSize(value);
  }
  checkBatch(operations);
  return operations.length === 1
    ? [(operations[0] as Operation).key]
    : [...new Set(operations.map(({ key }) => key))];
};
