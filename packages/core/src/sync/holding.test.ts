import { describe, expect, it } from "vitest";
import { compareBytes } from "../bytes/bytes.ts";
import { EMPTY_VECTOR, type VersionVector } from "../data/version-vector.ts";
import { memoryStorage } from "../memory-storage.ts";
import { MAPS } from "../testing/storage-samples.ts";
import { connect, syncDevice, type SyncDevice } from "../testing/sync-ends.ts";
import { settled } from "../testing/sim/timeline.ts";
import { holders, whenHeld } from "./holding.ts";

const anyone = (): boolean => true;

/** Resolves to the vector with it. */
const write = async ({ replica }: SyncDevice, key: string): Promise<VersionVector> => {
  await replica.write([{ key, value: Uint8Array.of(1) }]);
  return (await replica.state()).vector;
};

const meet = async (...ends: [SyncDevice, SyncDevice]): Promise<void> => {
  const connection = connect(ends);
  await connection.quiet();
  connection.cut();
  await connection.quiet();
  expect(connection.errors).toEqual([undefined, undefined]);
};

const three = async (): Promise<[SyncDevice, SyncDevice, SyncDevice]> => [
  await syncDevice("a", 1),
  await syncDevice("b", 2),
  await syncDevice("c", 3),
];

describe("devices that hold our writes", () => {
  it("are counted when they have acknowledged them, those never met as well", async () => {
    const [a, b, c] = await three();
    const vector = await write(a, "k");
    const namespace = await a.open(MAPS);
    const count = (
      upTo: VersionVector,
      isMember: (device: Uint8Array) => boolean = anyone,
    ): number => holders([{ namespace, isMember }], upTo);
    expect(count(vector)).toBe(0);
    await meet(a, b);
    expect(count(vector)).toBe(1);
    await meet(b, c);
    expect(count(vector), "a has not heard of c").toBe(1);
    await meet(a, b);
    expect(count(vector)).toBe(2);
    expect(count(vector, (device) => compareBytes(device, c.id) === 0)).toBe(1);
    expect(count(vector, () => false)).toBe(0);
    const later = await write(a, "l");
    expect([count(vector), count(later)]).toEqual([2, 0]);
  });

  it("count once, whatever replicas they have had, and our own never", async () => {
    const [a, b] = await three();
    const vector = await write(a, "k");
    await meet(a, b);
    // b loses its disk and begins anew.
    await meet(a, await syncDevice("b", 4, memoryStorage()));
    const namespace = await a.open(MAPS);
    expect(namespace.acknowledged().size).toBe(2);
    expect(holders([{ namespace, isMember: anyone }], vector)).toBe(1);
    // So does a: what it held before is another replica's.
    const again = await syncDevice("a", 5, memoryStorage());
    await write(again, "k2");
    await meet(again, b);
    const other = await again.open(MAPS);
    expect(other.announcements.length).toBeGreaterThan(2);
    expect(holders([{ namespace: other, isMember: anyone }], EMPTY_VECTOR)).toBe(1);
  });
});

describe("waiting until enough devices hold a write", () => {
  it("ends with the acknowledgement of the last of them", async () => {
    const [a, b, c] = await three();
    const vector = await write(a, "k");
    const namespace = await a.open(MAPS);
    const results: string[] = [];
    const wait = (devices: number): void => {
      const { held } = whenHeld([{ namespace, isMember: anyone }], { vector, devices });
      void held.then((isHeld) => results.push(`${devices} ${isHeld}`));
    };
    for (const devices of [0, 1, 2, 3]) wait(devices);
    await settled();
    expect(results).toEqual(["0 true"]);
    await meet(a, b);
    expect(results).toEqual(["0 true", "1 true"]);
    await meet(a, c);
    expect(results).toEqual(["0 true", "1 true", "2 true"]);
    wait(2);
    await settled();
    expect(results.at(-1), "at once, as it is so").toBe("2 true");
    expect(results.length).toBe(4);
  });

  it("can be given up", async () => {
    const [a, b] = await three();
    const vector = await write(a, "k");
    const namespace = await a.open(MAPS);
    const { held, cancel } = whenHeld([{ namespace, isMember: anyone }], { vector, devices: 1 });
    cancel();
    expect(await held).toBe(false);
    await meet(a, b);
    cancel();
    expect(await held).toBe(false);
  });
});
