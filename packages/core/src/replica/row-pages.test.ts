import { beforeEach, describe, expect, it } from "vitest";
import { memoryStorage } from "../memory-storage.ts";
import type { Storage } from "../storage.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { MAPS } from "../testing/storage-samples.ts";
import { testHost } from "../testing/test-host.ts";
import { followCommits } from "./cursor.ts";
import { Replica } from "./replica.ts";
import { groupCommits } from "./row-pages.ts";

const put = (key: string, number = 1) => ({ key, value: Uint8Array.of(number) });

describe("pages of rows", () => {
  let storage: Storage;
  let replica: Replica;
  beforeEach(async () => {
    storage = memoryStorage();
    replica = await Replica.open(testHost({ seed: 5 }), storage, MAPS);
  });

  it("hold whole commits, however small the page or large the commit", async () => {
    const sizes = [1, 3, 1, 1, 12, 2];
    let next = 0;
    for (const size of sizes) {
      await replica.write(Array.from({ length: size }, () => put(`k${next++}`)));
    }
    for (const limit of [1, 2, 3, 5, 100]) {
      const found: number[] = [];
      let state;
      for (let after = 0; state === undefined;) {
        const page = await replica.rowsAfter(after, { limit, bytes: 1000 });
        found.push(...page.commits.map((rows) => rows.length));
        ({ reached: after, state } = page);
      }
      expect(found).toEqual(sizes);
      expect(state.arrival).toBe(20);
    }
  });

  it("of commits that were overwritten hold what is left, still as one", async () => {
    await replica.write([put("a"), put("b"), put("c"), put("d")]);
    await replica.write([put("b", 2), put("a", 2)]);
    const { commits } = await replica.rowsAfter(0);
    expect(commits.map((rows) => rows.map(({ key }) => key))).toEqual([
      ["c", "d"],
      ["b", "a"],
    ]);
  });

  it("say that nothing lies beyond only when nothing does", async () => {
    await replica.write([put("a")]);
    await replica.write([put("b")]);
    expect((await replica.rowsAfter(0, { limit: 2, bytes: 1000 })).state).toBeUndefined();
    expect((await replica.rowsAfter(0)).state?.arrival).toBe(2);
    expect((await replica.rowsAfter(2)).state?.arrival).toBe(2);
    // A commit that becomes durable between the two reads of a page.
    const committed = replica.write([put("c")]);
    const page = replica.rowsAfter(2);
    await committed;
    expect(await page).toEqual({ commits: [], reached: 2, state: undefined });
  });

  it("come to an end even if the newest row was lost", async () => {
    await replica.write([put("a")]);
    await replica.write([put("b")]);
    const [remove = []] = await storage.get(MAPS, ["b"]);
    await storage.update(MAPS, {}, () => ({ remove, result: undefined }));
    expect(await replica.rowsAfter(0)).toMatchObject({ reached: 2, state: { arrival: 2 } });
  });

  it("by key hold all siblings and tombstones, and go on behind the last key", async () => {
    await replica.write([put("b"), put("a"), put("c")]);
    await replica.write([{ key: "b", value: null }]);
    await replica.write([{ ...put("a", 2), seen: "" }]);
    const first = await replica.scan(undefined, { limit: 2, bytes: 1000 });
    expect(first.rows.map(({ key, value }) => [key, value?.[0]])).toEqual([
      ["a", 1],
      ["a", 2],
      ["b", undefined],
    ]);
    const second = await replica.scan(first.last, { limit: 2, bytes: 1000 });
    expect(second.rows.map(({ key }) => key)).toEqual(["c"]);
    expect(await replica.scan(second.last)).toEqual({ rows: [], last: undefined, isEnd: true });
  });
});

describe("a cursor", () => {
  it("hands every row on once, in order, in whole commits, however it is held up", async () => {
    const random = seededRandom(77);
    const replica = await Replica.open(testHost({ seed: 6 }), memoryStorage(), MAPS);
    const seen: number[][] = [];
    let isAtEnd = false;
    const cursor = followCommits<readonly (readonly { arrival: number }[])[]>(replica, {
      position: 0,
      isBehind: true,
      read: async (position) => {
        const page = await replica.rowsAfter(position, { limit: 3, bytes: 1000 });
        isAtEnd = page.state !== undefined;
        return { position: page.reached, items: page.commits, isPartial: !isAtEnd };
      },
      take: ({ rows }) => (isAtEnd ? groupCommits(rows) : undefined),
      deliver: ({ items }) => {
        seen.push(...items.map((rows) => rows.map(({ arrival }) => arrival)));
        if (random.int(3) === 0) cursor.pause();
      },
      failed: (error) => {
        throw error;
      },
    });
    const sizes: number[] = [];
    let next = 0;
    for (let round = 0; round < 200; round += 1) {
      const size = 1 + random.int(4);
      sizes.push(size);
      const written = replica.write(Array.from({ length: size }, () => put(`k${next++}`)));
      if (random.int(3) === 0) cursor.resume();
      if (random.int(4) === 0) await written;
    }
    const total = sizes.reduce((sum, size) => sum + size, 0);
    await expect
      .poll(() => {
        cursor.resume();
        return seen.flat().length;
      })
      .toBe(total);
    expect(seen.map((rows) => rows.length)).toEqual(sizes);
    expect(seen.flat()).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    cursor.close();
    await replica.write([put("later")]);
    expect(seen.flat().length).toBe(total);
  });

  it("is told of a vector that was raised without any row", async () => {
    const replica = await Replica.open(testHost({ seed: 6 }), memoryStorage(), MAPS);
    const steps: [number, number][] = [];
    replica.onCommit(({ before, after, state }) => {
      if (state !== undefined) steps.push([after - before, state.vector.size]);
    });
    const raise = new Map([["00000000000000aa" as Replica["id"], 3]]);
    await replica.merge({ commits: [], raise }, []);
    await replica.merge({ commits: [], raise }, [["n", Uint8Array.of(1)]]);
    expect(steps).toEqual([[0, 1]]);
    expect(await replica.notes("n")).toEqual([["n", Uint8Array.of(1)]]);
  });
});
