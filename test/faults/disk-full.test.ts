import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MAPS, sampleRow, sampleState } from "@masq/core/testing";
import { describe, expect, it } from "vitest";
import { openSqliteStorage } from "../../packages/node/src/sqlite/index.ts";
import { smallDisk } from "../support/small-disk.ts";

const { directory, trouble, suffix } = smallDisk(4);

describe.skipIf(trouble !== undefined)(`a full disk${suffix}`, () => {
  it("refuses writes with a plain code, goes on reading, and takes writes again when there is space", async () => {
    const file = join(directory, "store.db");
    const filler = join(directory, "filler");
    const key = new Uint8Array(32).fill(3);
    const storage = await openSqliteStorage({ file, key });
    writeFileSync(filler, new Uint8Array(2 * 1024 * 1024));

    let written = 0;
    const write = (): Promise<number> =>
      storage.update(MAPS, {}, (view) => {
        const next = (view.state?.counter ?? 0) + 1;
        const value = new Uint8Array(20_000).fill(next % 256);
        return {
          add: [sampleRow(`k${next}`, next, { value })],
          state: sampleState(next),
          result: next,
        };
      });
    const statuses = async (calls: number): Promise<string[]> => {
      const outcomes = await Promise.allSettled(Array.from({ length: calls }, write));
      return outcomes.map((outcome) => {
        if (outcome.status === "rejected") return (outcome.reason as { code: string }).code;
        written = outcome.value;
        return "written";
      });
    };

    // A smaller write, or one after the log was folded in, may still fit: full is when nothing does any more.
    let refusals = 0;
    for (let attempt = 0; attempt < 1000 && refusals < 5; attempt += 1) {
      const group = await statuses(3);
      if (group[0] !== "written") {
        expect(group, "a group is refused as a whole").toEqual(Array(3).fill("MASQ_STORAGE_FULL"));
      }
      refusals = group[0] === "written" ? 0 : refusals + 1;
    }
    expect(refusals).toBe(5);
    expect(written).toBeGreaterThan(10);

    const readsAgree = async (): Promise<void> => {
      const rows = await storage.arrivals(MAPS, 0, 1000, 2 ** 30);
      expect(rows.map((row) => row.counter)).toEqual(
        Array.from({ length: written }, (_, at) => at + 1),
      );
      expect(rows.every((row) => row.value?.every((byte) => byte === row.counter % 256))).toBe(
        true,
      );
      expect((await storage.state(MAPS))?.counter).toBe(written);
    };
    await readsAgree();
    expect(await statuses(3), "still full").toEqual(Array(3).fill("MASQ_STORAGE_FULL"));
    await readsAgree();

    rmSync(filler);
    expect(await statuses(2), "with space again").toEqual(["written", "written"]);
    await readsAgree();
    expect(await storage.quickCheck()).toBe("ok");
    await storage.close();

    const again = await openSqliteStorage({ file, key });
    expect((await again.state(MAPS))?.counter).toBe(written);
    expect(await again.arrivals(MAPS, 0, 1000, 2 ** 30)).toHaveLength(written);
    await again.close();
  });
});
