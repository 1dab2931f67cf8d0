/** What a storage does when its connection, or its database, is not as it was: other tabs, closing, deletion, refusal. */
import "fake-indexeddb/auto";
import { forceCloseDatabase } from "fake-indexeddb";
import type { ErrorCode, Row, Storage } from "@masq/core";
import { manualClock, MAPS, sampleRow, sampleState, showRow, testHost } from "@masq/core/testing";
import { openDB } from "idb";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type IndexedDbStorage, openIndexedDbStorage } from "./index.ts";
import { MIGRATIONS } from "./schema.ts";

let names = 0;
const newName = (): string => `storage ${(names += 1)}`;
const host = testHost({ seed: 1 });
const everything = { range: {}, reverse: false, limit: 1000, maxBytes: 2 ** 30, liveOnly: false };

const open = (name: string): Promise<IndexedDbStorage> => openIndexedDbStorage({ name, host });

const add = (storage: Storage, ...rows: Row[]): Promise<void> =>
  storage.update(MAPS, {}, () => ({ add: rows, state: sampleState(1), result: undefined }));

const keys = async (storage: Storage): Promise<string[]> =>
  (await storage.list(MAPS, everything)).map(({ key }) => key);

const refused = (call: Promise<unknown>, code: ErrorCode): Promise<void> =>
  expect(call).rejects.toMatchObject({ code });

/** As a browser closes it that is short of memory (Indexed Database API 3.0, "Closing a database connection", forced). */
const forceClose = (database: IDBDatabase): void =>
  forceCloseDatabase(database as unknown as Parameters<typeof forceCloseDatabase>[0]);

/** The next `times` transactions begin, and then their connection goes. Returns the connections that went. */
const loseTransactions = (times: number): IDBDatabase[] => {
  vi.restoreAllMocks();
  const lost: IDBDatabase[] = [];
  const transaction = Reflect.get(
    IDBDatabase.prototype,
    "transaction",
  ) as IDBDatabase["transaction"];
  vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementation(function (
    this: IDBDatabase,
    ...args
  ) {
    const begun = transaction.apply(this, args);
    // Reopening reads the birth id: that one is left alone.
    if (lost.length < times && begun.objectStoreNames.contains("row")) {
      lost.push(this);
      queueMicrotask(() => {
        begun.abort();
        forceClose(this);
      });
    }
    return begun;
  });
  return lost;
};

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("several tabs", () => {
  it("see each other's rows and state, and lose nothing when all write at once", async () => {
    const name = newName();
    const tabs = await Promise.all([open(name), open(name), open(name)]);
    expect(tabs.map(({ isNew }) => isNew)).toEqual([true, false, false]);
    expect(new Set(tabs.map(({ birth }) => birth)).size).toBe(1);
    const count = (storage: Storage): Promise<number> =>
      storage.update(MAPS, { keys: ["k"] }, (view) => {
        const counter = (view.state?.counter ?? 0) + 1;
        const add = [sampleRow("k", counter)];
        return { remove: view.rows("k"), add, state: sampleState(counter), result: counter };
      });
    const counted: number[] = [];
    const tab = async (storage: Storage): Promise<void> => {
      for (let turn = 0; turn < 20; turn += 1) {
        counted.push(...(await Promise.all([count(storage), count(storage)])));
      }
    };
    await Promise.all(tabs.map(tab));
    const all = Array.from({ length: 120 }, (_, index) => index + 1);
    expect(counted.toSorted((a, b) => a - b)).toEqual(all);
    expect((await tabs[0]?.get(MAPS, ["k"]))?.[0]?.map(showRow)).toEqual([
      showRow(sampleRow("k", 120)),
    ]);
    await Promise.all(tabs.map((storage) => storage.close()));
  });

  it("are not in the way of another one's upgrade, and say afterwards that a newer version is there", async () => {
    const name = newName();
    const storage = await open(name);
    await add(storage, sampleRow("a", 1));
    const blocked = vi.fn();
    const newer = await openDB(name, MIGRATIONS.length + 1, { blocked });
    expect(blocked).not.toHaveBeenCalled();
    newer.close();
    await refused(storage.get(MAPS, ["a"]), "MASQ_STORAGE_NEWER");
    await refused(add(storage, sampleRow("b", 2)), "MASQ_STORAGE_NEWER");
    await refused(open(name), "MASQ_STORAGE_NEWER");
    await storage.close();
  });
});

describe("a connection that the browser closes", () => {
  it("is opened again, and what was under way is done again", async () => {
    const storage = await open(newName());
    await add(storage, sampleRow("a", 1));
    const lost = loseTransactions(1);
    await add(storage, sampleRow("b", 2));
    expect(lost).toHaveLength(1);
    expect(await keys(storage)).toEqual(["a", "b"]);
    lost.push(...loseTransactions(1));
    expect(await keys(storage)).toEqual(["a", "b"]);
    await storage.close();
  });

  it("while nothing was under way is opened again when it is needed", async () => {
    const begun = vi.spyOn(IDBDatabase.prototype, "transaction");
    const storage = await open(newName());
    await add(storage, sampleRow("a", 1));
    forceClose(begun.mock.contexts.at(-1) as IDBDatabase);
    expect(await Promise.all([keys(storage), keys(storage)])).toEqual([["a"], ["a"]]);
    expect(new Set(begun.mock.contexts).size).toBe(2);
    await storage.close();
  });

  it("again and again is given up, and nothing of the call is kept", async () => {
    const storage = await open(newName());
    const lost = loseTransactions(3);
    const calls = [add(storage, sampleRow("a", 1)), add(storage, sampleRow("b", 2))];
    for (const call of calls) await refused(call, "MASQ_STORAGE_FAILED");
    expect(new Set(lost).size).toBe(3);
    expect(await keys(storage)).toEqual([]);
    await storage.close();
  });

  it("leaves a write that was being committed with an unknown outcome, and does not repeat it", async () => {
    const storage = await open(newName());
    const put = Reflect.get(IDBObjectStore.prototype, "put") as IDBObjectStore["put"];
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementationOnce(function (
      this: IDBObjectStore,
      ...args
    ) {
      // The state is the last: once all of the write is handed over.
      queueMicrotask(() => this.transaction.abort());
      return put.apply(this, args);
    });
    await refused(add(storage, sampleRow("a", 1)), "MASQ_OUTCOME_UNKNOWN");
    expect(await keys(storage)).toEqual([]);
    await add(storage, sampleRow("a", 1));
    await storage.close();
  });

  it("while a large write is handed over task by task is opened again, and the write begun anew", async () => {
    let now = 0;
    const clock = { ...host.clock, monotonic: () => (now += 1000) };
    const storage = await openIndexedDbStorage({ name: newName(), host: { ...host, clock } });
    const put = Reflect.get(IDBObjectStore.prototype, "add") as IDBObjectStore["add"];
    const added = vi.spyOn(IDBObjectStore.prototype, "add");
    added.mockImplementationOnce(function (this: IDBObjectStore, ...args) {
      queueMicrotask(() => this.transaction.abort());
      return put.apply(this, args);
    });
    await add(storage, sampleRow("a", 1), sampleRow("b", 2));
    expect(added).toHaveBeenCalledTimes(3);
    expect(await keys(storage)).toEqual(["a", "b"]);
    await storage.close();
  });
});

describe("a database that is gone", () => {
  it("is not made anew under an open page: a loss never looks like an empty database", async () => {
    const name = newName();
    const storage = await open(name);
    await add(storage, sampleRow("a", 1));
    await new Promise((resolve) => {
      indexedDB.deleteDatabase(name).onsuccess = resolve;
    });
    await refused(storage.get(MAPS, ["a"]), "MASQ_STORAGE_DAMAGED");
    await refused(add(storage, sampleRow("b", 2)), "MASQ_STORAGE_DAMAGED");
    expect((await indexedDB.databases()).map((one) => one.name)).not.toContain(name);
    const again = await open(name);
    expect(again.isNew).toBe(true);
    expect(again.birth).not.toBe(storage.birth);
    await refused(storage.state(MAPS), "MASQ_STORAGE_DAMAGED");
    await Promise.all([storage.close(), again.close()]);
  });

  it("or not one of Masq's is refused and left alone", async () => {
    const name = newName();
    const other = await openDB(name, 1, {
      upgrade: (database) => void database.createObjectStore("other"),
    });
    await refused(open(name), "MASQ_STORAGE_DAMAGED");
    expect([...other.objectStoreNames]).toEqual(["other"]);
    other.close();
  });
});

describe("opening", () => {
  const later = MIGRATIONS.length + 1;
  const migrations = [...MIGRATIONS, () => {}];

  it("waits for another tab to let go, and says so when it does not", async () => {
    const name = newName();
    await (await open(name)).close();
    const stubborn = await openDB(name, MIGRATIONS.length);
    const clock = manualClock();
    const opening = openIndexedDbStorage({ name, host: testHost({ seed: 2, clock }), migrations });
    const refusal = refused(opening, "MASQ_STORAGE_LOCKED");
    await vi.waitUntil(() => clock.pending === 1);
    await new Promise((resolve) => {
      // Told of the upgrade, and not closing: the event comes just before it is called blocked.
      stubborn.addEventListener("versionchange", resolve, { once: true });
    });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    clock.advance(5_000);
    await refusal;
    stubborn.close();
    const opened = await openIndexedDbStorage({ name, host, migrations });
    expect((await indexedDB.databases()).find((one) => one.name === name)?.version).toBe(later);
    await opened.close();
  });

  it("does not wait for ever for a browser that never answers", async () => {
    const clock = manualClock();
    vi.spyOn(IDBFactory.prototype, "open").mockReturnValue(new IDBOpenDBRequest());
    const opening = openIndexedDbStorage({ name: newName(), host: testHost({ seed: 2, clock }) });
    clock.advance(30_000);
    await refused(opening, "MASQ_STORAGE_FAILED");
    expect(clock.pending).toBe(0);
  });

  it("is refused in plain words where the browser keeps nothing", async () => {
    vi.spyOn(IDBFactory.prototype, "open").mockImplementation(() => {
      throw new DOMException("denied by the test", "SecurityError");
    });
    await refused(open(newName()), "MASQ_STORAGE_FAILED");
    vi.stubGlobal("indexedDB", undefined);
    await refused(open(newName()), "MASQ_STORAGE_FAILED");
  });

  it("leaves the old version when a migration fails", async () => {
    const name = newName();
    const storage = await open(name);
    await add(storage, sampleRow("a", 1));
    await storage.close();
    const failing = [
      ...MIGRATIONS,
      () => {
        throw new Error("failed by the test");
      },
    ];
    await refused(openIndexedDbStorage({ name, host, migrations: failing }), "MASQ_STORAGE_FAILED");
    const again = await open(name);
    expect(again.isNew).toBe(false);
    expect(await keys(again)).toEqual(["a"]);
    await again.close();
  });
});
