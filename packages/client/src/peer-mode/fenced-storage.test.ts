import { decodeValue, encodeValue, memoryStorage, type Storage } from "@masq/core";
import { failingStorage, MAPS, testHost } from "@masq/core/testing";
import { describe, expect, it } from "vitest";
import { fenceStorage } from "./fenced-storage.ts";

describe("a fenced storage", () => {
  it("without any room is read, and writes nothing; with room it says that it is over, once and for all", async () => {
    const storage = failingStorage();
    const random = testHost({ seed: 10 }).random;
    const lost: string[] = [];
    const fence = (name: string) =>
      fenceStorage({ storage, namespace: MAPS, random, lost: () => lost.push(name) });
    const write = (to: Storage, text: string) =>
      to.update(MAPS, {}, () => ({ notes: [["n", encodeValue(text)]], result: undefined }));
    const read = async () => decodeValue((await storage.note(MAPS, "n")) as Uint8Array);
    const former = await fence("former");
    await write(former, "kept");
    storage.failNext(Infinity);
    const next = await fence("next");
    expect(decodeValue((await next.note(MAPS, "n")) as Uint8Array)).toBe("kept");
    await expect(write(next, "a")).rejects.toMatchObject({ code: "MASQ_STORAGE_FULL" });
    storage.failNext(0);
    // What it has read may be older than this: nothing is written on top of it.
    await write(former, "behind its back");
    expect(lost).toEqual([]);
    const writes = ["b", "c"].map((text) => write(next, text));
    for (const refused of writes)
      await expect(refused).rejects.toMatchObject({ code: "MASQ_CLOSED" });
    await expect(write(former, "late")).rejects.toMatchObject({ code: "MASQ_CLOSED" });
    expect(new Set(lost)).toEqual(new Set(["next", "former"]));
    const last = await fence("last");
    await expect(write(next, "d")).rejects.toMatchObject({ code: "MASQ_CLOSED" });
    expect(await read()).toBe("behind its back");
    await write(last, "goes on");
    expect(await read()).toBe("goes on");
  });

  it("refuses what an earlier holder writes, and says so to it first", async () => {
    const storage = memoryStorage();
    const random = testHost({ seed: 9 }).random;
    const lost: string[] = [];
    const fence = (name: string) =>
      fenceStorage({ storage, namespace: MAPS, random, lost: () => lost.push(name) });
    const write = (to: Storage, text: string) =>
      to.update(MAPS, { notes: ["n"] }, (view) => ({
        notes: [["n", encodeValue(text)]],
        result: view.note("n"),
      }));
    const first = await fence("first");
    await write(first, "one");
    const second = await fence("second");
    await expect(write(first, "two")).rejects.toMatchObject({ code: "MASQ_CLOSED" });
    expect(lost).toEqual(["first"]);
    expect(decodeValue((await write(second, "three")) as Uint8Array)).toBe("one");
  });
});
