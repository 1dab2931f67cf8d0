import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { ReplicaId } from "../data/ids.ts";
import { OwnWrites } from "./own-writes.ts";

const replica = "00000000000000aa" as ReplicaId;

const heapBytes = (): number => {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
};

describe("own writes", () => {
  test("are remembered up to a bound, the newest displacing the oldest", () => {
    const writes = new OwnWrites();
    for (let number = 1; number <= 4098; number += 1) {
      writes.remember(number, ["k"], [{ replica, counter: number }]);
    }
    const counterOf = (number: number) => writes.find(number, "k")?.counter;
    expect([1, 2, 3, 4098].map(counterOf)).toEqual([undefined, undefined, 3, 4098]);
  });

  test("are forgotten once answered, and alone when given up", () => {
    const writes = new OwnWrites();
    for (const number of [1, 2, 3, 4]) {
      writes.remember(number, ["k"], [{ replica, counter: number }]);
    }
    writes.forgetBelow(3);
    writes.forget(4);
    const counterOf = (number: number) => writes.find(number, "k")?.counter;
    expect([1, 2, 3, 4].map(counterOf)).toEqual([undefined, undefined, 3, undefined]);
    writes.remember(1_000_000, ["k"], [{ replica, counter: 5 }]);
    writes.forgetBelow(1_000_001);
    expect([3, 1_000_000].map(counterOf)).toEqual([undefined, undefined]);
  });

  test("leave nothing behind, however many are made and answered", () => {
    const writes = new OwnWrites();
    const before = heapBytes();
    for (let number = 1; number <= 200_000; number += 1) {
      writes.forgetBelow(number - 100);
      writes.remember(number, ["k"], [{ replica, counter: number }]);
    }
    // Held on to, they would take about 40 MB.
    expect(heapBytes() - before).toBeLessThan(8 * 1024 * 1024);
    expect(writes.find(200_000, "k")?.counter).toBe(200_000);
  });
});
