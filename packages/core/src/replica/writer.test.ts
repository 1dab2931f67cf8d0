import { describe, expect, it } from "vitest";
import type { NamespaceId } from "../data/ids.ts";
import { memoryStorage } from "../memory-storage.ts";
import { pruneWriters, readWriterNote, writerNote, writerNoteName } from "./writer.ts";

const NAMESPACE = "https://maps.example.org" as NamespaceId;
const DAY_MS = 24 * 60 * 60 * 1000;

describe("a writer's note", () => {
  it("comes back as it was", () => {
    for (const last of [0, 1, 127, 128, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      for (const time of [0, 1_795_392_000_000, 2 ** 48]) {
        expect(readWriterNote(writerNote(last, time))).toEqual({ last, time });
      }
    }
  });

  it("is written even when the wall clock is nonsense", () => {
    expect(readWriterNote(writerNote(3, -5)).time).toBe(0);
    expect(readWriterNote(writerNote(3, 5.9)).time).toBe(5);
  });

  it("reads as nothing known when there is none or it is cut", () => {
    expect(readWriterNote(undefined)).toEqual({ last: 0, time: 0 });
    expect(readWriterNote(new Uint8Array())).toEqual({ last: 0, time: 0 });
    expect(readWriterNote(writerNote(5, 300).subarray(0, 1))).toEqual({ last: 5, time: 0 });
  });

  it("goes once its writer has been silent for a week, and no other note with it", async () => {
    const storage = memoryStorage();
    const now = 1_795_392_000_000;
    const notes: [string, Uint8Array][] = [
      [writerNoteName("old"), writerNote(1, now - 8 * DAY_MS)],
      [writerNoteName("recent"), writerNote(1, now - 6 * DAY_MS)],
      [writerNoteName("ahead"), writerNote(1, now + 30 * DAY_MS)],
      ["grant/old", writerNote(1, 0)],
    ];
    await storage.update(NAMESPACE, {}, () => ({ notes, result: undefined }));
    await pruneWriters(storage, NAMESPACE, now);
    const kept = (await storage.notes(NAMESPACE, "")).map(([name]) => name);
    expect(kept).toEqual(["grant/old", writerNoteName("ahead"), writerNoteName("recent")]);
    await pruneWriters(storage, NAMESPACE, now);
    expect((await storage.notes(NAMESPACE, "")).length).toBe(3);
  });
});
