/** What a client's link does about a store that cannot read, and about another store on its ports, in virtual time. */
import { encodeValue, type Operation } from "@masq/core";
import { describe, expect, it } from "vitest";
import {
  linkWorld,
  memoryStore,
  type LinkWorld,
  type MemoryStore,
} from "../support/memory-store.ts";
import { codeOf } from "../support/raw-app.ts";

const [FIRST, SECOND] = ["ws://first", "ws://second"] as const;
const BACK_OFF_MS = 5000;

const put = (key: string): Operation => ({ key, value: encodeValue(1) });

describe("a watch of a store that can no longer read what changed", () => {
  /** A client that watches; what changed while it was away cannot be read when it comes back. */
  const open = async (): Promise<
    LinkWorld & {
      readonly store: MemoryStore;
      readonly heard: string[];
      readonly away: () => Promise<void>;
    }
  > => {
    const world = linkWorld();
    const store = await memoryStore();
    world.storeByUrl.set(FIRST, store);
    const link = await world.openLink({ granted: store, urls: [FIRST] });
    const heard: string[] = [];
    link.watch({ prefix: "" }, (shown) => heard.push(...shown.map(({ key }) => key)));
    await world.pass(50);
    const away = async (): Promise<void> => {
      world.storeByUrl.delete(FIRST);
      store.drop();
      await world.pass(50);
    };
    await away();
    await store.replica.write([put("missed")]);
    store.isFailing = true;
    world.storeByUrl.set(FIRST, store);
    await world.pass(500);
    expect(store.asked.filter((method) => method === "watch")).toHaveLength(2);
    expect(heard).toEqual([]);
    return { ...world, store, heard, away };
  };

  it("goes on by itself when it can", async () => {
    const { store, heard, pass } = await open();
    store.isFailing = false;
    await pass(BACK_OFF_MS);
    expect(heard).toEqual(["missed"]);
    await store.replica.write([put("later")]);
    await pass(50);
    expect(heard).toEqual(["missed", "later"]);
  });

  it("is made once, not twice, when the connection is lost meanwhile as well", async () => {
    const { store, storeByUrl, heard, away, pass } = await open();
    await away();
    store.isFailing = false;
    storeByUrl.set(FIRST, store);
    await pass(1000);
    expect(heard).toEqual(["missed"]);
    // The moment at which the failed watch would have been made again.
    await pass(BACK_OFF_MS);
    expect(store.asked.filter((method) => method === "watch")).toHaveLength(3);
    await store.replica.write([put("later")]);
    await pass(50);
    expect(heard).toEqual(["missed", "later"]);
  });

  it("is made again after each failure", async () => {
    const { store, heard, pass } = await open();
    await pass(BACK_OFF_MS * 3);
    expect(store.asked.filter((method) => method === "watch").length).toBeGreaterThan(3);
    store.isFailing = false;
    await pass(BACK_OFF_MS);
    expect(heard).toEqual(["missed"]);
  });
});

describe("another store on a port that may be the store's", () => {
  const open = async (urls: readonly string[] = [FIRST, SECOND]) => {
    const world = linkWorld();
    const [own, other] = [await memoryStore(), await memoryStore()];
    world.storeByUrl.set(urls.at(-1) as string, own);
    const link = await world.openLink({ granted: own, urls, patienceMs: 10_000 });
    return { ...world, own, other, link };
  };

  it("is passed over", async () => {
    const { own, other, link, storeByUrl, pass } = await open();
    storeByUrl.set(FIRST, other);
    own.drop();
    await pass(1000);
    expect(link.attachment !== undefined).toBe(true);
    expect(other.asked).toEqual([]);
  });

  it("does not end a client whose store is away for a moment, nor one whose store moves", async () => {
    const { own, other, link, storeByUrl, pass } = await open();
    storeByUrl.set(FIRST, other).delete(SECOND);
    own.drop();
    await pass(4000);
    expect(link.end).toBeUndefined();
    const read = link.read("get", "k");
    storeByUrl.set(SECOND, own);
    await pass(5000);
    await read;
    storeByUrl.set(FIRST, own).set(SECOND, other);
    own.drop();
    await pass(1000);
    expect(link.attachment !== undefined).toBe(true);
    expect(other.asked).toEqual([]);
  });

  it("ends a client whose store did not come back within its patience", async () => {
    const { own, other, link, storeByUrl, pass } = await open();
    storeByUrl.set(FIRST, other).delete(SECOND);
    own.drop();
    await pass(8000);
    expect(link.end).toBeUndefined();
    const read = codeOf(link.read("get", "k"));
    await pass(9000);
    expect(link.end?.code).toBe("MASQ_STORE_MISMATCH");
    expect(await read).toBe("MASQ_STORE_MISMATCH");
    expect(other.asked).toEqual([]);
  });

  it("ends a client at once that was told one address", async () => {
    const { own, other, link, storeByUrl, pass } = await open([FIRST]);
    storeByUrl.set(FIRST, other);
    own.drop();
    await pass(100);
    expect(link.end?.code).toBe("MASQ_STORE_MISMATCH");
  });
});

describe("a connection that failed at its greeting", () => {
  it("does not take the next one with it when its end is told late", async () => {
    const world = linkWorld();
    const store = await memoryStore();
    world.storeByUrl.set(FIRST, store);
    const link = await world.openLink({ granted: store, urls: [FIRST] });
    store.isClosed = true;
    const ends: (() => void)[] = [];
    world.ends = ends;
    store.drop();
    await world.pass(300);
    expect(ends.length).toBeGreaterThan(0);
    store.isClosed = false;
    world.ends = undefined;
    await world.pass(5000);
    expect(link.attachment !== undefined).toBe(true);
    for (const end of ends) end();
    expect(link.attachment !== undefined).toBe(true);
  });
});
