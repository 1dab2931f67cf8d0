import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combine, isSameToPeople, mergeEdits } from "./merge.ts";
import { idOf, readPlace, tagsOf, type Place } from "./place.ts";

const base: Place = {
  name: "Lisbon",
  lat: 38.72,
  lon: -9.14,
  country: "PT",
  note: "",
  tags: ["city"],
  saved: new Date("2026-03-02"),
};

const edited = fc
  .record({
    name: fc.constantFrom("Lisbon", "Lisboa", "Lisbonne"),
    note: fc.constantFrom("", "trams", "tiles"),
    tags: fc.uniqueArray(fc.constantFrom("city", "food", "sea")).map((tags) => tags.toSorted()),
  })
  .map((change): Place => ({ ...base, ...change }));

describe("mergeEdits", () => {
  it("joins edits of different fields, whoever made them", () => {
    const { merged, clashes } = mergeEdits(
      base,
      { ...base, note: "trams", tags: ["city", "food"] },
      { ...base, name: "Lisboa", tags: [] },
    );
    expect(clashes).toEqual([]);
    expect(merged).toEqual({ ...base, name: "Lisboa", note: "trams", tags: ["food"] });
  });

  it("leaves the choice to a person where both changed the same", () => {
    const { clashes } = mergeEdits(base, { ...base, note: "trams" }, { ...base, note: "tiles" });
    expect(clashes).toEqual(["note"]);
  });

  it("gives the other's version back to somebody who changed nothing, and one's own where the other did not", () => {
    fc.assert(
      fc.property(edited, (other) => {
        expect(isSameToPeople(mergeEdits(base, base, other).merged, other)).toBe(true);
        expect(isSameToPeople(mergeEdits(base, other, base).merged, other)).toBe(true);
      }),
    );
  });

  it("is the same from both sides, but for what clashes", () => {
    fc.assert(
      fc.property(edited, edited, (mine, theirs) => {
        const here = mergeEdits(base, mine, theirs);
        const there = mergeEdits(base, theirs, mine);
        expect(here.clashes).toEqual(there.clashes);
        if (here.clashes.length === 0) expect(isSameToPeople(here.merged, there.merged)).toBe(true);
      }),
    );
  });
});

describe("combine", () => {
  it("keeps every note once, every tag, and the earliest date", () => {
    const later = { ...base, saved: new Date("2026-05-01") };
    expect(
      combine([
        { ...later, note: "trams", tags: ["food"] },
        { ...base, note: "tiles ", tags: ["city"] },
        { ...later, note: "trams" },
      ]),
    ).toEqual({ ...base, note: "trams\n\ntiles", tags: ["city", "food"] });
  });

  it("loses no note and no tag", () => {
    fc.assert(
      fc.property(edited, fc.array(edited), (first, others) => {
        const joined = combine([first, ...others]);
        for (const { note, tags } of [first, ...others]) {
          expect(joined.note).toContain(note);
          expect(joined.tags).toEqual(expect.arrayContaining([...tags]));
        }
      }),
    );
  });
});

describe("a place", () => {
  it("reads back what was written, and what is no place is none", () => {
    expect(readPlace(base)).toEqual(base);
    expect(readPlace({ ...base, tags: "city", note: 3, saved: "soon", country: "<b>" })).toEqual({
      ...base,
      tags: [],
      note: "",
      saved: new Date(0),
      country: "",
    });
    fc.assert(fc.property(fc.anything(), (value) => void readPlace(value)));
    expect(readPlace({ ...base, lat: 91 })).toBeUndefined();
    expect(readPlace({ ...base, name: "" })).toBeUndefined();
  });

  it("has the same id on every device, and another one elsewhere", () => {
    expect(idOf(base)).toBe("lisbon@38.7,-9.1");
    expect(idOf({ ...base, name: "LISBON!" })).toBe(idOf(base));
    expect(idOf({ ...base, lat: 44 })).not.toBe(idOf(base));
    expect(idOf({ ...base, name: "東京" })).toBe("東京@38.7,-9.1");
    expect(idOf({ ...base, name: "!" })).toBe("place@38.7,-9.1");
  });

  it("has tidy tags", () => {
    expect(tagsOf(" Sea, city,,SEA ,été")).toEqual(["city", "été", "sea"]);
  });
});
