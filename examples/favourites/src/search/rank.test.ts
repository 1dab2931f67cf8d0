import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fold } from "./fold.ts";
import { nameOf, readGazetteer, type Town } from "./gazetteer.ts";
import { nearest, search } from "./rank.ts";

const town = (name: string, country: string, tier: number, others: string[] = []): Town => ({
  name,
  french: others[0] ?? "",
  country,
  lat: 0,
  lon: 0,
  tier,
  folded: [name, ...others].filter((each) => each !== "").map(fold),
});

const COUNTRIES: Readonly<Record<string, string>> = { FR: "France", US: "United States" };
const countryName = (code: string): string => COUNTRIES[code] ?? code;
const found = (towns: readonly Town[], query: string): string[] =>
  search(towns, query, countryName, 5).map(({ name, country }) => `${name} ${country}`);

describe("fold", () => {
  it("takes accents, case and punctuation away", () => {
    expect(fold("Saint-Étienne")).toBe("saint etienne");
    expect(fold("Xi’an")).toBe("xian");
    expect(fold("Łódź")).toBe("lodz");
    expect(fold("  Tromsø ")).toBe("tromso");
  });

  it("folds nothing twice", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => fold(fold(text)) === fold(text)),
    );
  });
});

describe("search", () => {
  const towns = [
    town("Paris", "US", 3),
    town("Paris", "FR", 0),
    town("Parisot", "FR", 3),
    town("Fort Paris", "FR", 3),
    town("London", "GB", 0, ["Londres"]),
    town("Munich", "DE", 1, ["", "München"]),
  ];

  it("puts capitals before small towns, beginnings before middles", () => {
    expect(found(towns, "paris")).toEqual(["Paris FR", "Paris US", "Parisot FR", "Fort Paris FR"]);
  });

  it("narrows by what follows a comma: a code or the beginning of a country's name", () => {
    expect(found(towns, "paris, us")).toEqual(["Paris US"]);
    expect(found(towns, "paris, fran")).toEqual(["Paris FR", "Parisot FR", "Fort Paris FR"]);
  });

  it("knows other names of a town", () => {
    expect(found(towns, "londr")).toEqual(["London GB"]);
    expect(found(towns, "munchen")).toEqual(["Munich DE"]);
  });

  it("finds nothing for nothing, and never more than asked", () => {
    expect(found(towns, " ,")).toEqual([]);
    expect(search(towns, "p", countryName, 2)).toHaveLength(2);
  });

  it("finds every town by its whole name, whatever is before it", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1 }), (names) => {
        const all = names.map((name) => town(name, "FR", 3));
        return names.every((name) =>
          search(all, name, countryName, all.length).some((each) => each.name === name),
        );
      }),
    );
  });
});

describe("nearest", () => {
  it("measures across the 180th meridian, and not farther than asked", () => {
    const fiji = { ...town("Taveuni", "FJ", 3), lat: -16.8, lon: 179.9 };
    expect(nearest([fiji], -16.8, -179.9, 0.5)).toBe(fiji);
    expect(nearest([fiji], -16.8, 178, 0.5)).toBeUndefined();
  });
});

describe("readGazetteer", () => {
  it("adds steps up and tells names apart", () => {
    const [paris, lyon] = readGazetteer("FR|1vy,3b,0Paris|-4w,37,1Lyon=Lione=Lugdunum");
    expect(paris).toMatchObject({ name: "Paris", french: "", country: "FR", tier: 0 });
    expect(lyon).toMatchObject({ name: "Lyon", french: "Lione", tier: 1 });
    expect(lyon?.folded).toEqual(["lyon", "lione", "lugdunum"]);
    expect(lyon?.lat).toBeCloseTo((Number.parseInt("1vy", 36) - Number.parseInt("4w", 36)) / 50);
    expect(nameOf(lyon as Town, "fr")).toBe("Lione");
    expect(nameOf(lyon as Town, "en")).toBe("Lyon");
  });

  it("leaves the many without a tier, and names with digits or commas whole", () => {
    const [place] = readGazetteer("NL|0,0,Den Helder, Noord");
    expect(place).toMatchObject({ name: "Den Helder, Noord", tier: 3 });
  });
});
