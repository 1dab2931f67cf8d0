import { describe, expect, it } from "vitest";
import { evictionMarker, type MarkerPlace } from "./eviction-marker.ts";

const memoryPlace = (): MarkerPlace & { text: string | undefined } => ({
  text: undefined,
  async read() {
    return this.text;
  },
  async write(text) {
    this.text = text;
  },
});

describe("an eviction marker", () => {
  it("tells a first visit from later ones", async () => {
    const place = memoryPlace();
    const marker = evictionMarker(place, { isNew: true, birth: "one" });
    expect(await marker.check()).toBe("first");
    await marker.mark();
    expect(await evictionMarker(place, { isNew: false, birth: "one" }).check()).toBe("kept");
  });

  it("tells of an eviction at each visit until it is marked", async () => {
    const place = memoryPlace();
    await evictionMarker(place, { isNew: true, birth: "one" }).mark();
    expect(await evictionMarker(place, { isNew: true, birth: "two" }).check()).toBe("evicted");
    const later = evictionMarker(place, { isNew: false, birth: "two" });
    expect(await later.check()).toBe("evicted");
    await later.mark();
    expect(await later.check()).toBe("kept");
  });

  it("takes a database that is not new for kept when the marker alone is gone", async () => {
    const marker = evictionMarker(memoryPlace(), { isNew: false, birth: "one" });
    expect(await marker.check()).toBe("kept");
  });
});
