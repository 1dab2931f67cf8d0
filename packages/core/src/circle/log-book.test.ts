import { describe, expect, it } from "vitest";
import type { NamespaceId } from "../data/ids.ts";
import { memoryStorage } from "../memory-storage.ts";
import { equal, rejectsCode } from "../testing/expect.ts";
import { failingStorage } from "../testing/failing-storage.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { settle } from "../testing/relay-world.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import {
  bookOf,
  DEVICES,
  keptIn,
  namesIn,
  testDevice,
  type TestDevice,
} from "../testing/test-device.ts";
import type { SignedItem } from "./signed-fields.ts";

const INVALID = "MASQ_MESSAGE_INVALID";
const MAPS = "https://maps.example.org" as NamespaceId;

const devices = (seed: number, ...names: string[]): TestDevice[] => {
  const random = seededRandom(seed);
  return names.map((name) => testDevice(random, name));
};

const two = (seed: number): [TestDevice, TestDevice] =>
  devices(seed, "Laptop", "Desktop") as [TestDevice, TestDevice];

describe("a log book", () => {
  it("begins with the device alone, and is the same after a restart", async () => {
    const [laptop, desktop] = two(1);
    const storage = memoryStorage();
    const book = await bookOf(laptop, { storage, role: "app", scope: MAPS });
    expect(book.members()).toMatchObject([{ name: "Laptop", role: "app", scope: MAPS }]);
    await book.rename(laptop.id, "Old laptop");
    await book.update(laptop.renewed({ syncServices: ["wss://new.example.org"] }));
    await rejectsCode(book.admit(desktop.record, "store"), INVALID);
    const again = await bookOf(laptop, { storage });
    equal(again.operations, book.operations);
    equal([again.circle, again.headsHash], [book.circle, book.headsHash]);
    expect(again.member(laptop.id)).toMatchObject({
      name: "Old laptop",
      record: { syncServices: ["wss://new.example.org"] },
    });
  });

  it("keeps each operation as a note of its own, as the page says", async () => {
    const [laptop, desktop] = two(2);
    const storage = memoryStorage();
    const book = await bookOf(laptop, { storage });
    const before = await storage.notes(DEVICES, "");
    await book.admit(desktop.record, "store");
    const after = await storage.notes(DEVICES, "");
    expect(after.map(([name]) => name)).toEqual(["device-log/0000", "device-log/0001"]);
    expect(after[0]).toEqual(before[0]);
  });

  it("admits, renames and updates once, and tells of it when it is durable", async () => {
    const [laptop, desktop] = two(3);
    const storage = failingStorage();
    const book = await bookOf(laptop, { storage });
    const heard: string[] = [];
    const added: SignedItem[] = [];
    book.onChanged(() => heard.push(namesIn(book).join()));
    const forget = book.onAdded((items) => added.push(...items));
    const open = storage.hold();
    const admitted = book.admit(desktop.record, "app", MAPS);
    const renamed = book.rename(desktop.id, "Attic");
    await Promise.resolve();
    equal([heard, added, namesIn(book)], [[], [], ["Laptop"]]);
    open();
    await Promise.all([admitted, renamed]);
    equal(heard, ["Desktop,Laptop", "Attic,Laptop"]);
    equal(added, book.operations.slice(1));
    expect(book.member(desktop.id)).toMatchObject({ role: "app", scope: MAPS });
    // What says nothing new leaves no trace.
    await book.admit(desktop.record, "store");
    await book.rename(desktop.id, "Attic");
    await book.update(laptop.record);
    equal([heard.length, book.operations.length], [2, 3]);
    forget();
    await book.update(laptop.renewed({ syncServices: [] }));
    equal([heard.length, added.length], [3, 2]);
  });

  it("refuses what it cannot do, and what is not ours to do", async () => {
    const [laptop, desktop] = two(4);
    const book = await bookOf(laptop);
    await book.admit(desktop.record, "store");
    await rejectsCode(book.rename(laptop.id, " "), "MASQ_OPTION_INVALID");
    await rejectsCode(book.rename("ab".repeat(32) as never, "X"), "MASQ_NOT_FOUND");
    await rejectsCode(book.update(desktop.record), INVALID);
    await rejectsCode(
      book.update(laptop.renewed({ channelKey: new Uint8Array(32).fill(1) })),
      INVALID,
    );
    const app = await bookOf(desktop, { role: "app" });
    await rejectsCode(app.rename(laptop.id, "X"), "MASQ_NOT_FOUND");
    equal(book.operations.length, 2);
  });

  it("lets an app rename itself and nobody else", async () => {
    const [laptop, phone] = two(5);
    const host = await bookOf(laptop);
    await host.admit(phone.record, "app");
    const book = await bookOf(phone, { role: "app" });
    await book.enter(host.operations);
    await rejectsCode(book.rename(laptop.id, "X"), "MASQ_OPTION_INVALID");
    await book.rename(phone.id, "Phone");
    await host.add(book.operations);
    equal(namesIn(host), ["Laptop", "Phone"]);
    equal(host.headsHash, book.headsHash);
  });

  it("takes a peer's operations all or not at all, and those it knows only once", async () => {
    const [laptop, desktop] = two(6);
    const storage = memoryStorage();
    const host = await bookOf(laptop);
    await host.admit(desktop.record, "store");
    const book = await bookOf(desktop, { storage });
    await book.enter(host.operations);
    await host.rename(desktop.id, "A");
    await host.rename(desktop.id, "B");
    await host.rename(desktop.id, "C");
    const [, , a, b, c] = host.operations as SignedItem[];
    const kept = await keptIn(storage);
    const forged: SignedItem = [(c as SignedItem)[0], new Uint8Array(64)];
    for (const bad of [[a, c], [a, b, forged], [b], [a, undefined], Array(5000).fill(a)]) {
      await rejectsCode(book.add(bad as SignedItem[]), INVALID);
      equal([await keptIn(storage), book.operations.length], [kept, 2]);
    }
    await Promise.all([book.add(host.operations), book.add([a, b, c] as SignedItem[])]);
    equal(book.operations, host.operations);
    equal((await bookOf(desktop, { storage })).headsHash, host.headsHash);
  });

  it("lets the device do other things in between while it takes in a long log", async () => {
    const [laptop, desktop] = two(12);
    const clock = manualClock();
    const host = await bookOf(laptop);
    await host.admit(desktop.record, "store");
    const book = await bookOf(desktop, { clock });
    await book.enter(host.operations);
    for (let turn = 0; turn < 150; turn += 1) await host.rename(laptop.id, `Laptop ${turn}`);
    let isDone = false;
    const added = book.add(host.operations).then(() => (isDone = true));
    for (let pause = 0; pause < 2; pause += 1) {
      await settle();
      // All or nothing: until the last is in, nothing of it shows.
      equal([isDone, clock.pending, book.operations.length], [false, 1, 2]);
      clock.advance(0);
    }
    await added;
    equal(book.headsHash, host.headsHash);
  });

  it("stands as it was when the disk is full, and goes on afterwards", async () => {
    const [laptop, desktop] = two(7);
    const storage = failingStorage();
    const book = await bookOf(laptop, { storage });
    const heard: unknown[] = [];
    book.onAdded((items) => heard.push(items));
    book.onChanged(() => heard.push("changed"));
    storage.failNext(1);
    const [failed, next] = [book.admit(desktop.record, "store"), book.rename(laptop.id, "X")];
    await rejectsCode(failed, "MASQ_STORAGE_FULL");
    await next;
    equal(namesIn(book), ["X"]);
    equal(heard.length, 2);
    equal((await bookOf(laptop, { storage })).operations, book.operations);
  });

  it("enters another's circle only when alone there and listed here with its present keys", async () => {
    const [laptop, desktop, attic] = devices(8, "Laptop", "Desktop", "Attic") as [
      TestDevice,
      TestDevice,
      TestDevice,
    ];
    const storage = failingStorage();
    const host = await bookOf(laptop);
    const book = await bookOf(desktop, { storage });
    await book.rename(desktop.id, "Mine");
    await book.rename(desktop.id, "Ours");
    const kept = await keptIn(storage);
    const changes: string[] = [];
    book.onChanged(() => changes.push(namesIn(book).join()));
    const unchanged = async (): Promise<void> => {
      equal([await keptIn(storage), namesIn(book), changes], [kept, ["Ours"], []]);
    };
    // Not listed; nothing at all; the own log again; other keys; not what was expected; a full disk.
    const strange = await bookOf(attic);
    await strange.admit(desktop.renewed({ channelKey: new Uint8Array(32).fill(9) }), "store");
    for (const log of [host.operations, [], book.operations, strange.operations]) {
      await rejectsCode(book.enter(log), INVALID);
      await unchanged();
    }
    await host.admit(desktop.record, "store");
    await rejectsCode(book.enter(host.operations.slice(1)), INVALID);
    await rejectsCode(
      book.enter(host.operations, (log) => log.member(attic.id) !== undefined),
      INVALID,
    );
    storage.failNext(1);
    await rejectsCode(book.enter(host.operations), "MASQ_STORAGE_FULL");
    await unchanged();
    await book.enter(host.operations, ({ circle }) => circle === host.circle);
    equal(changes, ["Desktop,Laptop"]);
    equal(book.headsHash, host.headsHash);
    // Nothing of the circle left behind remains.
    equal((await bookOf(desktop, { storage })).operations, host.operations);
    const other = await bookOf(attic);
    await other.admit(desktop.record, "store");
    await rejectsCode(book.enter(other.operations), "MASQ_CIRCLE_CONFLICT");
    equal(namesIn(book), ["Desktop", "Laptop"]);
  });

  it("does not open with a note changed, missing or of another device", async () => {
    const [laptop, desktop] = two(9);
    const storage = memoryStorage();
    const book = await bookOf(laptop, { storage });
    await book.rename(laptop.id, "A");
    await book.rename(laptop.id, "B");
    const set = (name: string, value: Uint8Array | undefined): Promise<void> =>
      storage.update(DEVICES, {}, () => ({ notes: [[name, value]], result: undefined }));
    for (const [name, value] of await storage.notes(DEVICES, "")) {
      const changed = new Uint8Array(value);
      changed[40] = (changed[40] as number) ^ 1;
      for (const bad of [changed, value.subarray(0, -1), new Uint8Array(0)]) {
        await set(name, bad);
        await rejectsCode(bookOf(laptop, { storage }), "MASQ_STORAGE_DAMAGED");
      }
      if (name !== "device-log/0002") {
        await set(name, undefined);
        await rejectsCode(bookOf(laptop, { storage }), "MASQ_STORAGE_DAMAGED");
      }
      await set(name, value);
    }
    await rejectsCode(bookOf(desktop, { storage }), "MASQ_STORAGE_DAMAGED");
    const rekeyed = laptop.renewed({ channelKey: new Uint8Array(32).fill(9) });
    await rejectsCode(bookOf({ ...laptop, record: rekeyed }, { storage }), "MASQ_STORAGE_DAMAGED");
    equal((await bookOf(laptop, { storage })).operations, book.operations);
  });
});
