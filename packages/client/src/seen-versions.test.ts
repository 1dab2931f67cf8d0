import { describe, expect, it } from "vitest";
import { SeenVersions, unionOfTokens } from "./seen-versions.ts";

describe("what a client has seen", () => {
  it("is the version delivered last", () => {
    const seen = new SeenVersions();
    expect(seen.get("k")).toBeUndefined();
    seen.delivered("k", "r.1");
    seen.delivered("k", "r.2");
    expect(seen.get("k")).toBe("r.2");
  });

  it("becomes the client's own write when nothing came in between, and both when something did", () => {
    const seen = new SeenVersions();
    seen.delivered("k", "r.1");
    seen.wrote("k", "r.1", "r.2");
    expect(seen.get("k")).toBe("r.2");
    seen.delivered("k", "r.3");
    seen.wrote("k", "r.2", "r.4");
    expect(seen.get("k")).toBe("r.3+r.4");
    seen.wrote("other", "", "r.5");
    expect(seen.get("other")).toBe("r.5");
  });

  it("is bounded: the newest keys are known, of older ones at most as many more", () => {
    const seen = new SeenVersions();
    seen.delivered("first", "r.1");
    for (let index = 0; index < 50_000; index += 1) seen.delivered(`k${index}`, "r.1");
    expect(seen.get("k0")).toBe("r.1");
    for (let index = 50_000; index < 100_000; index += 1) seen.delivered(`k${index}`, "r.1");
    expect(seen.get("first")).toBeUndefined();
    expect(seen.get("k0")).toBeUndefined();
    expect(seen.get("k50000")).toBe("r.1");
  });

  it("tells how far a replica has been, and goes back with it", () => {
    const seen = new SeenVersions();
    expect(seen.counterOf("r")).toBe(0);
    seen.delivered("kept", "r.1+s.zz");
    seen.delivered("lost", "r.2k+s.1");
    seen.delivered("absent", "");
    expect(seen.counterOf("r")).toBe(92);
    expect(seen.counterOf("t")).toBe(0);
    seen.putBack({ replica: "r", counter: 91 });
    expect(["kept", "lost", "absent"].map((key) => seen.get(key))).toEqual(["r.1+s.zz", "s.1", ""]);
    seen.putBack({ replica: "s", counter: 0 });
    // Seen as absent, which is not the same as never seen.
    expect(seen.get("lost")).toBe("");
  });

  it("puts back what it has known for long as well", () => {
    const seen = new SeenVersions();
    seen.delivered("old", "r.2+s.1");
    for (let index = 0; index < 50_000; index += 1) seen.delivered(`k${index}`, "s.1");
    expect(seen.get("old")).toBe("r.2+s.1");
    expect(seen.counterOf("r")).toBe(2);
    seen.putBack({ replica: "r", counter: 1 });
    expect(seen.get("old")).toBe("s.1");
  });

  it("joins tokens without repeating a version; the empty token adds nothing", () => {
    expect(unionOfTokens("", "r.1")).toBe("r.1");
    expect(unionOfTokens("r.1", "")).toBe("r.1");
    expect(unionOfTokens("r.1+r.2", "r.2+r.3")).toBe("r.1+r.2+r.3");
  });
});
