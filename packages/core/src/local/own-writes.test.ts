import { describe, expect, test } from "vitest";
import type { ReplicaId } from "../data/ids.ts";
import { OwnWrites } from "./own-writes.ts";

const replica = "00000000000000aa" as ReplicaId;

describe("own writes", () => {
  test("are remembered up to a bound, the oldest forgotten first, those given up leaving no gap", () => {
    const writes = new OwnWrites();
    const remember = (number: number): void =>
      writes.remember(number, ["k"], [{ replica, counter: number }]);
    for (let number = 1; number <= 4096; number += 1) remember(number);
    writes.forget(2);
    remember(4097);
    expect(writes.find(1, "k")?.counter).toBe(1);
    remember(4098);
    remember(4099);
    expect([1, 3, 4].map((number) => writes.find(number, "k")?.counter)).toEqual([
      undefined,
      undefined,
      4,
    ]);
  });
});
