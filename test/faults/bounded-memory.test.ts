/** What is bounded by a count takes bounded memory too, however long it goes on: the heap is looked at, not the count. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { SeenVersions } from "../../packages/client/src/seen-versions.ts";
import type { ReplicaId } from "../../packages/core/src/data/ids.ts";
import { OwnWrites } from "../../packages/core/src/local/own-writes.ts";

/** Held on to, what each of these tests makes would take 40 MB and more. */
const SLACK_BYTES = 8 * 1024 * 1024;

const heapBytes = (): number => {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
};

describe("nothing is held on to", () => {
  it("of a client's writes that have been answered", () => {
    const writes = new OwnWrites();
    const replica = "00000000000000aa" as ReplicaId;
    const before = heapBytes();
    for (let number = 1; number <= 200_000; number += 1) {
      writes.forgetBelow(number - 100);
      writes.remember(number, ["k"], [{ replica, counter: number }]);
    }
    expect(heapBytes() - before).toBeLessThan(SLACK_BYTES);
    expect(writes.find(200_000, "k")?.counter).toBe(200_000);
  });

  it("of versions that were delivered and are not the newest any more", () => {
    const seen = new SeenVersions();
    const before = heapBytes();
    for (let index = 0; index < 500_000; index += 1)
      seen.delivered(`k${index % 1000}`, `r.${index}`);
    expect(heapBytes() - before).toBeLessThan(SLACK_BYTES);
    expect(seen.get("k999")).toBe("r.499999");
  });
});
