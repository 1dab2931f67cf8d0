import { describe, it } from "vitest";
import { throwsCode } from "../testing/expect.ts";
import { checkBatch, MAX_BATCH_BYTES, MAX_BATCH_OPERATIONS } from "./batch-limits.ts";

const put = (key: string, length: number) => ({ key, value: new Uint8Array(length) });

describe("a batch", () => {
  it("holds 1 to 1,000 operations", () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => put(`k${index}`, 0));
    throwsCode(() => checkBatch([]), "MASQ_BATCH_INVALID");
    throwsCode(() => checkBatch(many(MAX_BATCH_OPERATIONS + 1)), "MASQ_BATCH_TOO_LARGE");
    checkBatch(many(1));
    checkBatch(many(MAX_BATCH_OPERATIONS));
  });

  it("holds 4 MiB of values and of keys in UTF-8", () => {
    const key = "\u20ac".repeat(330);
    const full = [put(key, MAX_BATCH_BYTES - 992), put("a", 0), { key: "b", value: null }];
    checkBatch(full);
    throwsCode(() => checkBatch([...full, put("c", 0)]), "MASQ_BATCH_TOO_LARGE");
    throwsCode(() => checkBatch([put(key, MAX_BATCH_BYTES - 989)]), "MASQ_BATCH_TOO_LARGE");
  });
});
