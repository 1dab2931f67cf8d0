import { describe, expect, test } from "vitest";
import { SeenVersions } from "./seen-versions.ts";

describe("the versions a client has seen", () => {
  test("are forgotten oldest first, and one delivered again counts as new", () => {
    const seen = new SeenVersions();
    const deliver = (from: number, to: number): void => {
      for (let index = from; index < to; index += 1) seen.delivered(`${index}`, `v${index}`);
    };
    deliver(0, 50_000);
    seen.delivered("0", "v0 again");
    deliver(50_000, 50_002);
    expect(["0", "1", "2", "3"].map((key) => seen.get(key))).toEqual([
      "v0 again",
      undefined,
      undefined,
      "v3",
    ]);
    deliver(50_002, 99_999);
    expect(seen.get("0")).toBe("v0 again");
    deliver(99_999, 100_000);
    expect(seen.get("0")).toBe(undefined);
    expect(seen.get("50000")).toBe("v50000");
  });
});
