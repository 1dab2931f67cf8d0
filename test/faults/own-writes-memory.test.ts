/** What a store remembers of a client's writes: however many are made and answered, no memory is held on to. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import type { ReplicaId } from "@masq/core";
import { OwnWrites } from "@masq/core";

const replica = "00000000000000aa" as ReplicaId;

const heapBytes = (): number => {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
};

it("own writes that were answered leave nothing behind", () => {
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
