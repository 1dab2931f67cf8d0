import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MasqError, type ErrorCode } from "../errors.ts";
import { memoryStorage } from "../memory-storage.ts";
import type { Change, Storage } from "../storage.ts";
import { storageCases } from "../testing/storage-cases.ts";
import { MAPS, sampleRow } from "../testing/storage-samples.ts";
import { watchStorage } from "./storage-health.ts";

/** Each asks more of a storage than the one before. */
const KINDS = ["read", "note", "row"] as const;
type Kind = (typeof KINDS)[number];

const setUp = () => {
  const inner = memoryStorage();
  let failure: ErrorCode | undefined;
  const answer = async <Result>(result: Promise<Result>): Promise<Result> => {
    await result;
    if (failure !== undefined) throw new MasqError(failure, "Failed by the test.");
    return result;
  };
  const failing: Storage = {
    ...inner,
    get: (...args) => answer(inner.get(...args)),
    update: (...args) => answer(inner.update(...args)),
  };
  const { storage, health } = watchStorage(failing);
  const told: (ErrorCode | undefined)[] = [];
  const end = health.onChanged(() => told.push(health.trouble?.code));
  let counter = 0;
  const write = (change: Omit<Change<undefined>, "result">): Promise<undefined> =>
    storage.update(MAPS, {}, () => ({ ...change, result: undefined }));
  const call = async (kind: Kind, code?: ErrorCode): Promise<void> => {
    failure = code;
    counter += 1;
    const calls: Record<Kind, () => Promise<unknown>> = {
      read: () => storage.get(MAPS, ["k"]),
      note: () => write({ notes: [["n", new Uint8Array(1)]] }),
      row: () => write({ add: [sampleRow("k", counter)] }),
    };
    const outcome = await calls[kind]().then(
      () => undefined,
      (error: MasqError) => error.code,
    );
    expect(outcome).toBe(code);
  };
  return { storage, health, told, end, call };
};

describe("a watched storage", () => {
  for (const { name, run } of storageCases) {
    it(name, () => run(() => ({ open: async () => watchStorage(memoryStorage()).storage })));
  }

  it("is in trouble from a failure on, until as much as failed succeeds", async () => {
    const step = fc.record({ kind: fc.constantFrom(...KINDS), isFailure: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { health, call } = setUp();
        for (const { kind, isFailure } of steps)
          await call(kind, isFailure ? "MASQ_STORAGE_FULL" : undefined);
        const isOpen = steps.some(
          (failed, at) =>
            failed.isFailure &&
            !steps
              .slice(at)
              .some(
                ({ kind, isFailure }) =>
                  !isFailure && KINDS.indexOf(kind) >= KINDS.indexOf(failed.kind),
              ),
        );
        expect(health.trouble?.code).toBe(isOpen ? "MASQ_STORAGE_FULL" : undefined);
      }),
    );
  });

  it("tells of trouble once, of another, and of its end, as long as anybody listens", async () => {
    const { told, end, call } = setUp();
    await call("row", "MASQ_STORAGE_FULL");
    await call("note", "MASQ_STORAGE_FULL");
    await call("row", "MASQ_STORAGE_FAILED");
    await call("row");
    await call("row");
    expect(told).toEqual(["MASQ_STORAGE_FULL", "MASQ_STORAGE_FAILED", undefined]);
    end();
    await call("row", "MASQ_STORAGE_FULL");
    expect(told).toHaveLength(3);
  });

  it("stays damaged, whatever else fails or succeeds", async () => {
    const { health, call } = setUp();
    await call("read", "MASQ_STORAGE_DAMAGED");
    await call("row", "MASQ_STORAGE_FULL");
    await call("row");
    expect(health.trouble?.code).toBe("MASQ_STORAGE_DAMAGED");
  });

  it("is not in trouble by what is no failure of its own, nor over it by a change that writes nothing", async () => {
    const { storage, health, call } = setUp();
    await call("read", "MASQ_CLOSED");
    const refused = storage.update(MAPS, {}, () => {
      throw new MasqError("MASQ_STORAGE_FULL", "Told again of a write that failed before.");
    });
    await expect(refused).rejects.toMatchObject({ code: "MASQ_STORAGE_FULL" });
    expect(health.trouble).toBeUndefined();
    await call("note", "MASQ_STORAGE_FULL");
    await storage.update(MAPS, {}, () => ({ result: undefined })).catch(() => {});
    expect(health.trouble?.code).toBe("MASQ_STORAGE_FULL");
  });
});
