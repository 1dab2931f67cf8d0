import { describe, expect, it } from "vitest";
import type { NamespaceId } from "../data/ids.ts";
import type { ErrorCode } from "../errors.ts";
import { memoryStorage } from "../memory-storage.ts";
import { MasqError } from "../errors.ts";
import {
  pruneWriters,
  readWriterNote,
  writerNote,
  writerNoteName,
  RefusedWrites,
} from "./writer.ts";

const NAMESPACE = "https://maps.example.org" as NamespaceId;
const KEPT = 4096;
const refused: ReadonlyMap<number, ErrorCode> = new Map();

describe("a writer's note", () => {
  it("comes back as it was", () => {
    for (const last of [0, 1, 127, 128, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      for (const arrival of [0, 1, 2 ** 48]) {
        for (const some of [
          refused,
          new Map([
            [3, "MASQ_CONFLICT" as const],
            [300, "MASQ_STORAGE_FULL" as const],
          ]),
        ]) {
          expect(readWriterNote(writerNote({ last, arrival, refused: some }))).toEqual({
            last,
            arrival,
            refused: some,
          });
        }
      }
    }
  });

  it("reads as nothing known when there is none or it is cut", () => {
    expect(readWriterNote(undefined)).toEqual({ last: 0, arrival: 0, refused });
    expect(readWriterNote(new Uint8Array())).toEqual({ last: 0, arrival: 0, refused });
    const cut = writerNote({ last: 5, arrival: 300, refused }).subarray(0, 1);
    expect(readWriterNote(cut)).toEqual({ last: 5, arrival: 0, refused });
  });

  it("goes only once thousands of writers have written after it, and no other note with it", async () => {
    const storage = memoryStorage();
    const notes = Array.from({ length: KEPT + 2 }, (_, arrival): [string, Uint8Array] => [
      writerNoteName(`w${arrival}`),
      writerNote({ last: 1, arrival, refused }),
    ]);
    notes.push(["grant/old", writerNote({ last: 1, arrival: 0, refused })]);
    await storage.update(NAMESPACE, {}, () => ({ notes, result: undefined }));
    await pruneWriters(storage, NAMESPACE);
    const kept = new Set((await storage.notes(NAMESPACE, "")).map(([name]) => name));
    expect(kept.size).toBe(KEPT + 1);
    expect(kept.has("grant/old")).toBe(true);
    expect([0, 1, 2].map((arrival) => kept.has(writerNoteName(`w${arrival}`)))).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe("refused writes", () => {
  it("are remembered up to a bound for each writer, the newest displacing the oldest", () => {
    const refusals = new RefusedWrites();
    const note = { last: 10_000, arrival: 0, refused };
    const reason = new MasqError("MASQ_CONFLICT", "");
    for (let number = 1; number <= 4097; number += 1)
      refusals.remember({ writer: "w", number }, reason);
    const wasApplied = (number: number) => refusals.wasApplied({ writer: "w", number }, note);
    expect(wasApplied(1)).toBe(true);
    expect(() => wasApplied(2)).toThrow("refused");
    refusals.remember({ writer: "w", number: 5000, answeredBelow: 4000 }, reason);
    expect(wasApplied(3999)).toBe(true);
    expect(() => wasApplied(4000)).toThrow("refused");
  });
});
