import { describe, expect, it } from "vitest";
import { decodeReplicaState, encodeReplicaState } from "./data/replica-state.ts";
import { MasqError } from "./errors.ts";
import { memoryStorage } from "./memory-storage.ts";
import { storageCases } from "./testing/storage-cases.ts";
import { MAPS, sampleRow, sampleState, showState } from "./testing/storage-samples.ts";

describe("memory storage", () => {
  for (const { name, run } of storageCases) {
    it(name, () => run(() => ({ open: async () => memoryStorage() })));
  }

  it("refuses a change that looks at what it did not name", async () => {
    const storage = memoryStorage();
    await storage.update(MAPS, {}, () => ({ add: [sampleRow("k", 1)], result: undefined }));
    const look = storage.update(MAPS, { keys: ["other"] }, (view) => ({ result: view.rows("k") }));
    await expect(look).rejects.toMatchObject({ code: "MASQ_INTERNAL" });
    const note = storage.update(MAPS, { notes: ["m"] }, (view) => ({ result: view.note("n") }));
    await expect(note).rejects.toMatchObject({ code: "MASQ_INTERNAL" });
  });

  it("does not show an update to a read made before it was awaited", async () => {
    const storage = memoryStorage();
    const update = storage.update(MAPS, {}, () => ({
      add: [sampleRow("k", 1)],
      result: undefined,
    }));
    expect(await storage.get(MAPS, ["k"])).toEqual([[]]);
    await update;
    expect((await storage.get(MAPS, ["k"]))[0]).toHaveLength(1);
  });
});

describe("a replica's state as bytes", () => {
  it("comes back as it was, in one form whatever the order of its vector", () => {
    const state = sampleState(41);
    const bytes = encodeReplicaState(state);
    expect(showState(decodeReplicaState(bytes))).toBe(showState(state));
    const turned = {
      ...state,
      vector: new Map([...state.vector].reverse()),
      held: new Map([...state.held].reverse()),
    };
    expect(encodeReplicaState(turned)).toEqual(bytes);
  });

  it("of the format before had no held vector: it is the vector", () => {
    const state = sampleState(41);
    const bytes = Uint8Array.of(
      0x8b,
      1,
      ...encodeReplicaState({ ...state, held: new Map() }).slice(2, -1),
    );
    expect(showState(decodeReplicaState(bytes))).toBe(showState({ ...state, held: state.vector }));
  });

  it("is refused as damaged when cut, continued or of another format", () => {
    const bytes = encodeReplicaState(sampleState(41));
    const wrong = [...bytes.keys()].map((length) => bytes.slice(0, length));
    wrong.push(Uint8Array.of(...bytes, 0));
    const other = bytes.slice();
    other[1] = 3;
    wrong.push(other);
    for (const attempt of wrong) {
      expect(() => decodeReplicaState(attempt)).toThrow(
        expect.objectContaining({ constructor: MasqError, code: "MASQ_STORAGE_DAMAGED" }),
      );
    }
  });
});
