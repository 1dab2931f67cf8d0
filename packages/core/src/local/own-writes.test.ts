import { describe, expect, test } from "vitest";
import type { ReplicaId } from "../data/ids.ts";
import { OwnWrites } from "./own-writes.ts";

const replica = "00000000000000aa" as ReplicaId;

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
});
