/** Runs the data suite over DataService itself, through the least client that could speak to it. */
import { encode } from "cborg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NamespaceId } from "../data/ids.ts";
import { checkKey } from "../data/key.ts";
import { decodeValue, encodeValue } from "../data/value.ts";
import { MasqError } from "../errors.ts";
import { memoryStorage } from "../memory-storage.ts";
import { Replica } from "../replica/replica.ts";
import type { Shown } from "../replica/shown.ts";
import type {
  DataApi,
  DataEntry,
  DataFactory,
  DataRange,
  DataWriteOptions,
} from "../testing/data-api.ts";
import { byText } from "../testing/data-api.ts";
import { dataCases } from "../testing/data-cases.ts";
import { testHost } from "../testing/test-host.ts";
import { DataService, MAX_WATCHES } from "./data-service.ts";
import { readEntry } from "./messages.ts";
import { MAX_MESSAGE_BYTES } from "./protocol.ts";
import { OwnWrites } from "./own-writes.ts";

const NAMESPACE = "https://data.example.org" as NamespaceId;

const entryOf = ({ key, value, version, conflict }: Shown): DataEntry => ({
  key,
  value: value === null ? undefined : decodeValue(value),
  version,
  conflict,
});

type Fields = readonly [key: string, value: Uint8Array | null, ifVersion: string | undefined];

class LocalClient implements DataApi {
  readonly #service: DataService;
  /** The token last delivered for each key. */
  readonly #seen = new Map<string, string>();
  /** The last write under way for each key. */
  readonly #underWay = new Map<string, number>();
  readonly #listeners = new Map<number, (changes: readonly DataEntry[]) => void>();
  #number = 0;
  #watchId = 0;
  #isClosed = false;

  constructor(replica: Replica, writer: string) {
    this.#service = new DataService(replica, {
      writer,
      ownWrites: new OwnWrites(),
      emit: (_name, data) => {
        const [id, , items] = data as [number, number, unknown[]];
        this.#listeners.get(id)?.(items.map((item) => this.#deliver(readEntry(item))));
      },
    });
  }

  #deliver(shown: Shown): DataEntry {
    this.#seen.set(shown.key, shown.version);
    return entryOf(shown);
  }

  #call(method: string, params: unknown): Promise<unknown> {
    if (this.#isClosed) throw new MasqError("MASQ_CLOSED", "The client is closed.");
    return this.#service.handle(method, params);
  }

  async #write(operations: readonly Fields[]): Promise<string[]> {
    this.#number += 1;
    const number = this.#number;
    const keys = operations.map(([key]) => key);
    const before = keys.map((key) => this.#seen.get(key));
    const items = operations.map(([key, value, ifVersion]) => [
      key,
      value,
      this.#seen.get(key) ?? null,
      this.#underWay.get(key) ?? null,
      ifVersion ?? null,
    ]);
    const answer = this.#call("write", [number, items]);
    for (const key of keys) this.#underWay.set(key, number);
    try {
      const answers = ((await answer) as (string | [string, string | null])[]).map((item) =>
        typeof item === "string" ? ([item, item] as const) : item,
      );
      // What was written counts as seen; siblings that the app was not shown do not.
      keys.forEach((key, index) => this.#wrote(key, before[index], answers[index]?.[1] ?? null));
      return answers.map(([version]) => version);
    } finally {
      for (const key of keys) if (this.#underWay.get(key) === number) this.#underWay.delete(key);
    }
  }

  #wrote(key: string, before: string | undefined, own: string | null): void {
    const now = this.#seen.get(key);
    const isNewer = now !== undefined && now !== before && now !== "";
    if (own !== null) this.#seen.set(key, isNewer && own !== "" ? `${now}+${own}` : own);
  }

  async put(key: string, value: unknown, options?: DataWriteOptions): Promise<string> {
    const [version] = await this.batch([{ op: "put", key, value, ...options }]);
    return version as string;
  }

  async del(key: string, options?: DataWriteOptions): Promise<void> {
    await this.batch([{ op: "del", key, ...options }]);
  }

  async batch(operations: Parameters<DataApi["batch"]>[0]): Promise<string[]> {
    return this.#write(
      operations.map((operation): Fields => {
        checkKey(operation.key);
        const value = operation.op === "put" ? encodeValue(operation.value) : null;
        return [operation.key, value, operation.ifVersion];
      }),
    );
  }

  async #many(keys: readonly string[]): Promise<DataEntry[]> {
    for (const key of keys) checkKey(key);
    const found: DataEntry[] = [];
    while (found.length < keys.length) {
      const asked = keys.slice(found.length, found.length + 1000);
      const page = (await this.#call("getMany", asked)) as unknown[];
      found.push(...page.map((item) => this.#deliver(readEntry(item))));
    }
    return found;
  }

  async getEntry(key: string): Promise<DataEntry | undefined> {
    checkKey(key);
    const [value, version, conflict] = (await this.#call("get", key)) as [
      Uint8Array | null,
      string,
      boolean,
    ];
    const entry = this.#deliver({ key, value, version, conflict });
    return entry.version === "" ? undefined : entry;
  }

  async get(key: string): Promise<unknown> {
    return (await this.getEntry(key))?.value;
  }

  async getMany(keys: readonly string[]): Promise<unknown[]> {
    if (keys.length === 0) await this.#call("status", null);
    return (await this.#many(keys)).map(({ value }) => value);
  }

  async *entries({ limit = Infinity, ...range }: DataRange): AsyncIterable<DataEntry> {
    let rest = range;
    for (let left = limit; left > 0;) {
      const asked = { ...rest, limit: Math.min(left, 1000) };
      const [items, more] = (await this.#call("list", asked)) as [unknown[], boolean];
      const page = items.map((item) => this.#deliver(readEntry(item)));
      yield* page;
      left -= page.length;
      const last = page.at(-1)?.key;
      if (!more || last === undefined) return;
      rest = range.reverse === true ? { ...rest, lt: last } : { ...rest, gt: last };
    }
  }

  async list(options: DataRange): Promise<DataEntry[]> {
    const all: DataEntry[] = [];
    for await (const entry of this.entries(options)) all.push(entry);
    return all;
  }

  watch(
    target: string | { readonly key: string },
    listener: (changes: readonly DataEntry[]) => void,
  ): () => void {
    this.#watchId += 1;
    const id = this.#watchId;
    this.#listeners.set(id, listener);
    void this.#call("watch", [id, typeof target === "string" ? { prefix: target } : target]);
    return () => {
      this.#listeners.delete(id);
      void this.#call("unwatch", id);
    };
  }

  async conflicts(key: string): ReturnType<DataApi["conflicts"]> {
    checkKey(key);
    const items = (await this.#call("conflicts", key)) as [Uint8Array, string, string, number][];
    return items.map(([value, version, , time]) => ({
      value: decodeValue(value),
      version,
      time: new Date(time),
    }));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#service.close();
  }
}

const openFactory = async (): Promise<DataFactory> => {
  const replica = await Replica.open(testHost({ seed: 1 }), memoryStorage(), NAMESPACE);
  let clients = 0;
  return {
    open: async () => {
      clients += 1;
      return new LocalClient(replica, clients.toString(16).padStart(32, "0"));
    },
  };
};

describe("the data methods over one replica", () => {
  for (const { name, run } of dataCases) {
    it(name, async () => run(await openFactory()));
  }
});

describe("the data service", () => {
  let replica: Replica;
  const events: [string, unknown][] = [];
  let service: DataService;
  const options = {
    writer: "ab",
    ownWrites: new OwnWrites(),
    emit: (name: string, data: unknown) => events.push([name, data]),
  };

  beforeAll(async () => {
    replica = await Replica.open(testHost({ seed: 2 }), memoryStorage(), NAMESPACE);
    service = new DataService(replica, options);
  });
  afterAll(() => service.close());

  it("refuses a method it does not know", async () => {
    await expect(service.handle("drop", null)).rejects.toMatchObject({
      code: "MASQ_METHOD_UNKNOWN",
    });
  });

  it("refuses malformed parameters of every method and writes nothing", async () => {
    const wrong: [string, unknown][] = [
      ["get", 5],
      ["get", null],
      ["getMany", "k"],
      ["getMany", [1]],
      ["write", null],
      ["write", [1]],
      ["write", [-1, [["k", null]]]],
      ["write", [1, [["k", "text"]]]],
      ["write", [1, [["k", undefined]]]],
      ["write", [1, ["k"]]],
      ["write", [1, [[5, null]]]],
      ["write", [1.5, [["k", null]]]],
      ["write", [1, [["k", null, 5]]]],
      ["write", [1, [["k", null, null, "own"]]]],
      ["write", [1, [["k", null, null, null, 5]]]],
      ["list", null],
      ["list", []],
      ["list", { prefix: 5 }],
      ["list", { limit: -1 }],
      ["list", { reverse: 1 }],
      ["conflicts", {}],
      ["watch", [1, {}]],
      ["watch", ["1", { prefix: "" }]],
      ["watch", [1, { key: 5 }]],
      ["watch", [1, { prefix: "" }, "now"]],
      ["unwatch", "1"],
      ["hold", [1, 0]],
      ["unhold", "1"],
    ];
    for (const [method, params] of wrong) {
      await expect(
        service.handle(method, params),
        `${method} ${JSON.stringify(params)}`,
      ).rejects.toMatchObject({
        code: "MASQ_MESSAGE_INVALID",
      });
    }
    const write = service.handle("write", [1, [["k", Uint8Array.of(1), "no token"]]]);
    await expect(write).rejects.toMatchObject({ code: "MASQ_OPTION_INVALID" });
    const empty = service.handle("write", [1, []]);
    await expect(empty).rejects.toMatchObject({ code: "MASQ_BATCH_INVALID" });
    expect(await service.handle("status", null)).toEqual({
      entries: 0,
      trouble: null,
      tombstones: 0,
      bytes: 0,
      devices: [],
    });
  });

  it("applies a repeated write once and answers with the key as it stands", async () => {
    const first = await service.handle("write", [10, [["once", Uint8Array.of(1)]]]);
    const again = await service.handle("write", [10, [["once", Uint8Array.of(1)]]]);
    expect(again).toEqual(first);
    const [old] = first as string[];
    const [newer] = (await service.handle("write", [11, [["once", Uint8Array.of(2)]]])) as string[];
    const late = await service.handle("write", [10, [["once", Uint8Array.of(1)]]]);
    expect(late, "the key as it stands, and what that write was").toEqual([[newer, old]]);
    expect(await service.handle("get", "once")).toEqual([Uint8Array.of(2), newer, false]);
  });

  it("holds events back while paused and then tells of each changed key once", async () => {
    await service.handle("watch", [1, { prefix: "p/" }]);
    service.pause();
    await service.handle("watch", [2, { key: "p/1" }]);
    events.length = 0;
    for (let number = 20; number < 30; number += 1) {
      await service.handle("write", [number, [["p/1", Uint8Array.of(number % 24)]]]);
    }
    expect(events).toEqual([]);
    service.resume();
    await service.handle("status", null);
    await expect.poll(() => events.length).toBe(2);
    expect(events.map(([, data]) => (data as [number])[0]).toSorted(byText)).toEqual([1, 2]);
    await service.handle("unwatch", 1);
    await service.handle("unwatch", 2);
  });

  it("takes up a watch again from a position, even one from another life of the store", async () => {
    const position = (await service.handle("watch", [5, { prefix: "r/" }])) as number;
    await service.handle("unwatch", 5);
    await service.handle("write", [40, [["r/1", Uint8Array.of(1)]]]);
    events.length = 0;
    expect(await service.handle("watch", [6, { prefix: "r/" }, position])).toBe(position);
    await expect.poll(() => events.length).toBe(1);
    expect(await service.handle("watch", [7, { prefix: "r/" }, 2 ** 40])).toBe(replica.position);
    await service.handle("unwatch", 6);
    await service.handle("unwatch", 7);
  });

  it("refuses a second watch of one id and more watches than its limit", async () => {
    for (let id = 1; id <= MAX_WATCHES; id += 1)
      await service.handle("watch", [100 + id, { key: "k" }]);
    await expect(service.handle("watch", [101, { key: "k" }])).rejects.toMatchObject({
      code: "MASQ_MESSAGE_INVALID",
    });
    await expect(service.handle("watch", [9999, { key: "k" }])).rejects.toMatchObject({
      code: "MASQ_MESSAGE_INVALID",
    });
    service.close();
    await service.handle("watch", [9999, { key: "k" }]);
  });
});

it("never tells of more at once than a message takes, however long keys and versions are", async () => {
  const replica = await Replica.open(testHost({ seed: 9 }), memoryStorage(), NAMESPACE);
  const events: unknown[] = [];
  const service = new DataService(replica, {
    writer: "w",
    ownWrites: new OwnWrites(),
    emit: (name, data) => events.push([0, name, data]),
  });
  await service.handle("watch", [1, { prefix: "" }]);
  const rest = "\u3044".repeat(300);
  const value = encodeValue(new Uint8Array(3200));
  // Each write has seen nothing of the others, so that the versions grow longer and longer.
  for (let number = 1; number <= 20; number += 1) {
    const operations = Array.from({ length: 1000 }, (_, index) => [
      `${String(index).padStart(4, "0")}${rest}`,
      value,
      "",
    ]);
    await service.handle("write", [number, operations]);
  }
  const sizes = events.map((event) => encode(event).length);
  expect(sizes.length).toBeGreaterThan(20);
  expect(Math.max(...sizes)).toBeLessThan(MAX_MESSAGE_BYTES);
  service.close();
});
