import { describe, expect, it } from "vitest";
import { keptBack } from "./sharing.ts";

const store = (id: string, isOwn = false) => ({ id, isOwn, app: null });
const NOTES = "app:org.example.notes";

const sharedAs = (sharing: string, exceptions: { device: string; sharing: string }[] = []) => ({
  devices: [store("own", true), store("desktop"), store("attic")],
  apps: [{ id: "phone", isOwn: false, app: "https://maps.example.org" }],
  sharing: "on",
  namespaces: [{ namespace: NOTES, sharing, exceptions }],
});

describe("what keeps a namespace from the devices that are waited for", () => {
  it("is the preference that shuts out too many", () => {
    expect(keptBack(sharedAs("on"), NOTES, 2)).toBeUndefined();
    expect(keptBack(sharedAs("off"), NOTES, 1)).toBe("off");
    expect(keptBack(sharedAs("paused"), NOTES, 1)).toBe("paused");
    const attic = { device: "attic", sharing: "on" };
    const own = { device: "own", sharing: "on" };
    expect(keptBack(sharedAs("off", [attic]), NOTES, 1)).toBe("off");
    expect(keptBack(sharedAs("off", [attic, own]), NOTES, 1)).toBeUndefined();
    expect(keptBack(sharedAs("off", [attic, own]), NOTES, 2)).toBe("off");
  });

  it("is the default where nothing is said of it", () => {
    const maps = { ...sharedAs("on"), sharing: "off" };
    expect(keptBack(maps, "https://other.example.org", 1)).toBe("off");
    // An app's own device has it all the same.
    expect(keptBack(maps, "https://maps.example.org", 1)).toBeUndefined();
    expect(keptBack(maps, "https://maps.example.org", 2)).toBe("off");
  });
});
