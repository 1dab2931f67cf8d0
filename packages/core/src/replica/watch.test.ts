import { beforeEach, describe, expect, it } from "vitest";
import type { NamespaceId } from "../data/ids.ts";
import { rejectsCode } from "../testing/expect.ts";
import { failingStorage, type FailingStorage } from "../testing/failing-storage.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { testHost } from "../testing/test-host.ts";
import { collector, type Collector } from "../testing/waiting.ts";
import { Replica } from "./replica.ts";
import { watchReplica, type Watch, type WatchEvent, type WatchTarget } from "./watch.ts";

const NAMESPACE = "https://maps.example.org" as NamespaceId;
const put = (key: string, number: number) => ({ key, value: Uint8Array.of(number) });
const keysOf = ({ shown }: WatchEvent): string[] => shown.map(({ key }) => key);

interface Watching {
  readonly watch: Watch;
  readonly events: Collector<WatchEvent>;
  readonly errors: unknown[];
}

describe("a watch", () => {
  let storage: FailingStorage;
  let replica: Replica;
  beforeEach(async () => {
    storage = failingStorage();
    replica = await Replica.open(testHost({ seed: 5 }), storage, NAMESPACE);
  });

  const watching = (target: WatchTarget = { prefix: "" }, after = replica.position): Watching => {
    const events = collector<WatchEvent>();
    const errors: unknown[] = [];
    const watch = watchReplica(
      replica,
      target,
      after,
      (event) => events.push(event),
      (error) => errors.push(error),
    );
    return { watch, events, errors };
  };

  const reaches = (position: number) => (events: readonly WatchEvent[]) =>
    events.at(-1)?.position === position;

  it("hands over each commit once, whole, as it happens", async () => {
    const { events } = watching({ prefix: "w/" });
    await replica.write([put("w/1", 1), put("x", 1), put("w/2", 2)]);
    await replica.write([put("x", 2)]);
    await replica.write([{ key: "w/1", value: null }]);
    expect(events.items.map((event) => [event.position, keysOf(event)])).toEqual([
      [3, ["w/1", "w/2"]],
      [5, ["w/1"]],
    ]);
    expect(events.items[1]?.shown[0]).toEqual({
      key: "w/1",
      value: null,
      version: "",
      conflict: false,
    });
  });

  it("of one key is not called for others that begin alike", async () => {
    const { events } = watching({ key: "k" });
    for (const key of ["k/1", "k", "kk"]) await replica.write([put(key, 1)]);
    expect(events.items.map(keysOf)).toEqual([["k"]]);
  });

  it("opened at an earlier position is told what changed since, each key as it stands now", async () => {
    for (let number = 1; number <= 5; number += 1)
      await replica.write([put("k", number), put(`only/${number}`, number)]);
    const { events } = watching({ prefix: "" }, 4);
    await events.until(reaches(10), "the end");
    const shown = new Map(
      events.items.flatMap((event) => event.shown).map(({ key, value }) => [key, value?.[0]]),
    );
    expect(shown).toEqual(
      new Map([
        ["k", 5],
        ["only/3", 3],
        ["only/4", 4],
        ["only/5", 5],
      ]),
    );
  });

  it("queues nothing while paused: a thousand commits come as one merged page", async () => {
    const { watch, events } = watching();
    watch.pause();
    for (let number = 0; number < 1000; number += 1) await replica.write([put("k", number % 250)]);
    expect(events.items).toEqual([]);
    watch.resume();
    await events.until(reaches(1000), "the end");
    expect(events.items.map(keysOf)).toEqual([["k"]]);
    expect(events.items[0]?.shown[0]?.value).toEqual(Uint8Array.of(999 % 250));
  });

  it("catches up in pages and misses none of many keys", async () => {
    const { watch, events } = watching();
    watch.pause();
    for (let batch = 0; batch < 3; batch += 1) {
      await replica.write(
        Array.from({ length: 900 }, (_, index) => put(`${batch}/${index}`, batch)),
      );
    }
    watch.resume();
    await events.until(reaches(2700), "the end");
    expect(new Set(events.items.flatMap(keysOf)).size).toBe(2700);
    for (const { shown } of events.items) expect(shown.length).toBeLessThanOrEqual(1000);
  });

  it("may be paused from within its own call, after which nothing comes before it is resumed", async () => {
    const events: WatchEvent[] = [];
    const watch = watchReplica(
      replica,
      { prefix: "" },
      0,
      (event) => {
        events.push(event);
        watch.pause();
      },
      () => {},
    );
    await replica.write([put("a", 1)]);
    await replica.write([put("b", 1)]);
    await replica.write([put("c", 1)]);
    expect(events.map(keysOf)).toEqual([["a"]]);
    watch.resume();
    await expect.poll(() => events.map(keysOf)).toEqual([["a"], ["b", "c"]]);
  });

  it("misses nothing however it is paused and resumed between and during commits", async () => {
    const random = seededRandom(321);
    const { watch, events } = watching();
    const writes: Promise<unknown>[] = [];
    const last = new Map<string, number>();
    for (let round = 0; round < 400; round += 1) {
      const key = `k/${random.int(20)}`;
      writes.push(replica.write([put(key, round % 256)]));
      last.set(key, round % 256);
      const choice = random.int(6);
      if (choice === 0) watch.pause();
      if (choice === 1) watch.resume();
      if (choice === 2) await writes.at(-1);
      if (choice === 3) await Promise.resolve();
    }
    await Promise.all(writes);
    watch.resume();
    await events.until(reaches(400), "the end");
    const known = new Map(
      events.items.flatMap(({ shown }) => shown).map(({ key, value }) => [key, value?.[0]]),
    );
    expect(known).toEqual(last);
    const positions = events.items.map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(new Set(positions).size, "no position twice").toBe(positions.length);
  });

  it("is told nothing of a write that failed", async () => {
    const { events } = watching();
    storage.failNext(1);
    await rejectsCode(replica.write([put("k", 1)]), "MASQ_STORAGE_FULL");
    await replica.write([put("k", 2)]);
    expect(events.items.map(({ position, shown }) => [position, shown[0]?.value])).toEqual([
      [1, Uint8Array.of(2)],
    ]);
  });

  it("that was closed hears nothing more, even of a page it was reading", async () => {
    await replica.write([put("a", 1)]);
    const behind = watching({ prefix: "" }, 0);
    behind.watch.close();
    const live = watching();
    live.watch.close();
    live.watch.resume();
    const other = watching();
    await replica.write([put("b", 1)]);
    await other.events.until(reaches(2), "the other watch");
    expect([behind.events.items, live.events.items]).toEqual([[], []]);
  });

  it("whose storage can no longer be read fails once", async () => {
    await replica.write([put("a", 1)]);
    await storage.close();
    const { errors, watch } = watching({ prefix: "" }, 0);
    await expect.poll(() => errors.length).toBe(1);
    expect(errors[0]).toMatchObject({ code: "MASQ_CLOSED" });
    watch.resume();
    await Promise.resolve();
    expect(errors.length).toBe(1);
  });

  it("is told its position now and then although nothing it watches has changed", async () => {
    const { events } = watching({ key: "absent" });
    for (let batch = 0; batch < 3; batch += 1) {
      await replica.write(Array.from({ length: 700 }, (_, index) => put(`${index}`, batch)));
    }
    expect(events.items.map(({ position, shown }) => [position, shown.length])).toEqual([
      [1400, 0],
    ]);
  });
});
