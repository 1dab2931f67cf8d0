import "fake-indexeddb/auto";
import type { ErrorCode, Row, Storage } from "@masq/core";
import {
  MAPS,
  REPLICA_B,
  runStorageHistory,
  sampleRow,
  sampleState,
  showRow,
  storageCases,
  testHost,
} from "@masq/core/testing";
import { openDB } from "idb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type IndexedDbStorage, openIndexedDbStorage } from "./index.ts";
import { type NoteRecord, NOTES, type RowRecord, ROWS } from "./schema.ts";

let names = 0;
const newName = (): string => `storage ${(names += 1)}`;
const host = testHost({ seed: 1 });
const everything = { range: {}, reverse: false, limit: 1000, maxBytes: 2 ** 30, liveOnly: false };

/** Every look at the clock says that a task has taken too long. */
const hurried: typeof host = {
  ...host,
  clock: {
    ...host.clock,
    monotonic: () => (looks += 1000),
  },
};
let looks = 0;

const open = (name: string): Promise<IndexedDbStorage> => openIndexedDbStorage({ name, host });

const add = (storage: Storage, ...rows: Row[]): Promise<void> =>
  storage.update(MAPS, {}, () => ({ add: rows, state: sampleState(1), result: undefined }));

const keys = async (storage: Storage): Promise<string[]> =>
  (await storage.list(MAPS, everything)).map(({ key }) => key);

const refused = (call: Promise<unknown>, code: ErrorCode): Promise<void> =>
  expect(call).rejects.toMatchObject({ code });

beforeEach(() => {
  vi.stubGlobal("navigator", {
    storage: { persisted: async () => true, estimate: async () => ({ usage: 1_000_000 }) },
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("IndexedDB storage", () => {
  for (const { name, run } of storageCases) {
    it(name, () =>
      run(() => {
        const database = newName();
        return { open: () => open(database), reopen: () => open(database) };
      }),
    );
  }

  for (const { name, run } of storageCases) {
    it(`in as many tasks as there are rows: ${name}`, () =>
      run(() => {
        const database = newName();
        const openHurried = () => openIndexedDbStorage({ name: database, host: hurried });
        return { open: openHurried, reopen: openHurried };
      }));
  }

  it("gives the same answers in a browser that cannot fetch a page backwards", async () => {
    const methods = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, "getAllRecords");
    Reflect.deleteProperty(IDBObjectStore.prototype, "getAllRecords");
    try {
      const storage = await open(newName());
      await runStorageHistory(storage, 7, 100);
      await storage.close();
    } finally {
      Object.defineProperty(IDBObjectStore.prototype, "getAllRecords", methods ?? {});
    }
  });

  it.each([
    ["in one task", host],
    ["in many", hurried],
  ])("refuses alone a change whose rows the engine cannot take, %s", async (_, given) => {
    const storage = await openIndexedDbStorage({ name: newName(), host: given });
    const broken = { ...sampleRow("broken", 2), stamp: () => {} } as unknown as Row;
    const calls = [
      add(storage, sampleRow("a", 1)),
      add(storage, sampleRow("half", 9), broken),
      add(storage, sampleRow("b", 3)),
    ];
    await refused(calls[1] as Promise<void>, "MASQ_INTERNAL");
    await Promise.all([calls[0], calls[2]]);
    expect(await keys(storage)).toEqual(["a", "b"]);
    await storage.close();
  });

  it("refuses a version that is there already in a browser that lets `commit()` pass over it", async () => {
    // As in Firefox: a request that fails once a commit was asked for takes nothing back, unless it was the last one.
    const commit = Reflect.get(IDBTransaction.prototype, "commit") as IDBTransaction["commit"];
    vi.spyOn(IDBTransaction.prototype, "commit").mockImplementation(function (
      this: IDBTransaction,
    ) {
      this.addEventListener("error", (event) => event.preventDefault());
      commit.call(this);
    });
    const storage = await open(newName());
    await add(storage, sampleRow("k", 1));
    const calls = [add(storage, sampleRow("k", 1)), add(storage, sampleRow("after", 2))];
    await expect(calls[0]).rejects.toThrow();
    await calls[1];
    expect(await keys(storage)).toEqual(["after", "k"]);
    await storage.close();
  });

  it("does not show one change the bytes another of its turn still holds", async () => {
    const storage = await open(newName());
    const row = sampleRow("k", 1);
    const first = add(storage, row);
    const second = storage.update(MAPS, { keys: ["k"] }, (view) => {
      const [seen] = view.rows("k");
      seen?.value?.fill(0xee);
      return { result: undefined };
    });
    await Promise.all([first, second]);
    expect((await storage.get(MAPS, ["k"]))[0]?.map(showRow)).toEqual([showRow(sampleRow("k", 1))]);
    await storage.close();
  });

  it("keeps of a value that is part of a larger buffer only the value", async () => {
    const name = newName();
    const storage = await open(name);
    const part = (): Uint8Array => new Uint8Array(100_000).subarray(7, 17);
    await storage.update(MAPS, {}, () => ({
      add: [sampleRow("k", 1, { value: part(), stamp: part() })],
      notes: [["n", part()]],
      result: undefined,
    }));
    const raw = await openDB(name);
    const row = (await raw.getAll(ROWS))[0] as RowRecord;
    const note = (await raw.getAll(NOTES))[0] as NoteRecord;
    raw.close();
    const kept = [row.v, row.s, note.v].map((bytes) => bytes?.buffer.byteLength);
    expect(kept).toEqual([10, 10, 10]);
    await storage.close();
  });

  it("refuses a change that looks at what it did not name", async () => {
    const storage = await open(newName());
    for (const look of [
      storage.update(MAPS, { keys: ["a"] }, (view) => ({ result: view.rows("b") })),
      storage.update(MAPS, { notes: ["a"] }, (view) => ({ result: view.note("b") })),
    ]) {
      await refused(look, "MASQ_INTERNAL");
    }
    await storage.close();
  });

  it("commits more calls and more bytes than one transaction takes, in order", async () => {
    const storage = await open(newName());
    const large = new Uint8Array(1024 * 1024);
    const order: number[] = [];
    const calls = Array.from({ length: 5000 }, (_, index) =>
      storage.update(MAPS, {}, () => {
        order.push(index);
        const change = index % 250 === 0 ? { value: large } : {};
        return { add: [sampleRow(`${index}`, index + 1, change)], result: undefined };
      }),
    );
    await Promise.all(calls);
    expect(order).toEqual(Array.from({ length: 5000 }, (_, index) => index));
    const last = await storage.arrivals(MAPS, 4999, 10, 1000);
    expect(last.map((row) => row.key)).toEqual(["4999"]);
    const all = await storage.arrivals(MAPS, 0, Infinity, Infinity);
    expect(all.map((row) => row.arrival)).toEqual(order.map((index) => index + 1));
    await storage.close();
  });

  it("reads many keys at once as it reads them one by one, absent ones and siblings too", async () => {
    const storage = await open(newName());
    const rows = Array.from({ length: 60 }, (_, index) => index).flatMap((index) => {
      const row = sampleRow(`k${index}`, 2 * index + 1);
      const sibling = sampleRow(`k${index}`, 2 * index + 2, { replica: REPLICA_B });
      return index % 3 === 0 ? [] : index % 3 === 1 ? [row] : [row, sibling];
    });
    await add(storage, ...rows);
    const asked = ["a", "z", "k59", ...Array.from({ length: 60 }, (_, index) => `k${59 - index}`)];
    for (const count of [3, 20, asked.length]) {
      const some = asked.slice(0, count);
      const expected = some.map((key) => rows.filter((row) => row.key === key).map(showRow));
      const found = await storage.get(MAPS, some);
      expect(found.map((versions) => versions.map(showRow))).toEqual(expected);
    }
    await storage.close();
  });

  it("lists past more siblings and more tombstones than fit a page", async () => {
    const storage = await open(newName());
    const siblings = Array.from({ length: 700 }, (_, index) => sampleRow("m", index + 1));
    const gone = Array.from({ length: 700 }, (_, index) =>
      sampleRow(`n${String(index).padStart(3, "0")}`, 1000 + index, { value: null }),
    );
    const last = sampleRow("z", 5000);
    await add(storage, ...siblings, ...gone, last);
    const live = { ...everything, liveOnly: true, limit: 2 };
    const expected = [...siblings, last].map(showRow);
    expect((await storage.list(MAPS, live)).map(showRow)).toEqual(expected);
    const back = await storage.list(MAPS, { ...live, reverse: true });
    expect(back.map(showRow)).toEqual([last, ...siblings].map(showRow));
    expect(await storage.list(MAPS, { ...live, limit: 1 })).toHaveLength(700);
    await storage.close();
  });

  it("fetches few rows where a page ends with its bytes", async () => {
    const storage = await open(newName());
    const rows = Array.from({ length: 200 }, (_, index) =>
      sampleRow(String(index).padStart(3, "0"), index + 1, { value: new Uint8Array(10_000) }),
    );
    await add(storage, ...rows);
    const fetches = [IDBObjectStore, IDBIndex].map((source) =>
      vi.spyOn(source.prototype as IDBObjectStore, "getAll"),
    );
    const page = { ...everything, maxBytes: 700_000 };
    expect(await storage.list(MAPS, page)).toHaveLength(70);
    expect(await storage.arrivals(MAPS, 0, 1000, 700_000)).toHaveLength(70);
    // The values are of 10,000 bytes: twice a first page, then what is still missing.
    const fetched = fetches.flatMap(({ mock }) => mock.calls.map(([, count]) => count));
    expect(fetched).toEqual([64, 7, 64, 6]);
    await storage.close();
  });
});

describe("trouble of the medium", () => {
  it("rejects all calls of the turn and keeps nothing of them; the next are taken", async () => {
    const storage = await open(newName());
    const original = Reflect.get(IDBObjectStore.prototype, "add") as IDBObjectStore["add"];
    let rest = 2;
    vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(function (
      this: IDBObjectStore,
      ...args
    ) {
      rest -= 1;
      if (rest === 0) throw new DOMException("full by the test", "QuotaExceededError");
      return original.apply(this, args);
    });
    const calls = [add(storage, sampleRow("a", 1)), add(storage, sampleRow("b", 2))];
    for (const call of calls) await refused(call, "MASQ_STORAGE_FULL");
    expect(await keys(storage)).toEqual([]);
    expect(await storage.state(MAPS)).toBeUndefined();
    await add(storage, sampleRow("c", 3));
    expect(await keys(storage)).toEqual(["c"]);
    await storage.close();
  });

  it("a state that cannot be read is told as damage", async () => {
    const name = newName();
    const storage = await open(name);
    await add(storage, sampleRow("a", 1));
    const raw = await openDB(name);
    await raw.put("state", Uint8Array.of(1, 2, 3), MAPS);
    raw.close();
    await refused(storage.state(MAPS), "MASQ_STORAGE_DAMAGED");
    await refused(add(storage, sampleRow("b", 2)), "MASQ_STORAGE_DAMAGED");
    expect(await keys(storage)).toEqual(["a"]);
    await storage.close();
  });

  it("stat claims nothing where the browser tells nothing", async () => {
    const storage = await open(newName());
    expect(await storage.stat()).toEqual({ bytes: 1_000_000, durable: true, encrypted: false });
    vi.stubGlobal("navigator", {
      storage: {
        persisted: async () => false,
        estimate: async () => ({ usage: 9, usageDetails: { indexedDB: 5 } }),
      },
    });
    expect(await storage.stat()).toEqual({ bytes: 5, durable: false, encrypted: false });
    vi.stubGlobal("navigator", {});
    expect(await storage.stat()).toEqual({ bytes: 0, durable: false, encrypted: false });
    await storage.close();
  });
});
