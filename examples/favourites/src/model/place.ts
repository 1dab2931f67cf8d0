/** A favourite place: the value of one entry, and its key. */
import { fold } from "../search/fold.ts";

export interface Place {
  readonly name: string;
  /** Degrees, north and east positive. */
  readonly lat: number;
  readonly lon: number;
  /** ISO 3166-1 alpha-2, or empty on the open sea. */
  readonly country: string;
  readonly note: string;
  readonly tags: readonly string[];
  /** When it was first saved. */
  readonly saved: Date;
}

/** What a place is before anybody saves it. */
export type Spot = Pick<Place, "name" | "lat" | "lon" | "country">;

export const PREFIX = "place/";

export const MAX_NAME = 120;
export const MAX_NOTE = 4000;
const MAX_TAGS = 20;
const MAX_TAG = 40;

/**
 * The id of a place is where and what it is, so that two devices that save the same town while apart write the same
 * entry, and do not end up with the town twice. Coordinates in tenths of a degree: about 10 km.
 */
export const idOf = ({ name, lat, lon }: Spot): string => {
  const word = fold(name).replaceAll(" ", "-").slice(0, 60) || "place";
  return `${word}@${lat.toFixed(1)},${lon.toFixed(1)}`;
};

const asText = (value: unknown, max: number): string =>
  typeof value === "string" ? value.slice(0, max) : "";

const asDegrees = (value: unknown, limit: number): number | undefined =>
  typeof value === "number" && Math.abs(value) <= limit ? value : undefined;

/** Tags as they are kept: in lower case, each once, in order of the alphabet. */
export const tidyTags = (tags: readonly string[]): string[] =>
  [...new Set(tags.map((tag) => tag.trim().toLowerCase().slice(0, MAX_TAG)))]
    .filter((tag) => tag !== "")
    .slice(0, MAX_TAGS)
    .toSorted((a, b) => a.localeCompare(b));

/** Tags as somebody types them, with commas between them. */
export const tagsOf = (text: string): string[] => tidyTags(text.split(","));

/** The value of an entry as a place; undefined for what another app or an older version left there. */
export const readPlace = (value: unknown): Place | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const lat = asDegrees(fields["lat"], 90);
  const lon = asDegrees(fields["lon"], 180);
  const name = asText(fields["name"], MAX_NAME);
  if (lat === undefined || lon === undefined || name === "") return undefined;
  const { tags, saved, country } = fields;
  return {
    name,
    lat,
    lon,
    country: typeof country === "string" && /^[A-Z]{2}$/.test(country) ? country : "",
    note: asText(fields["note"], MAX_NOTE),
    tags: Array.isArray(tags) ? tidyTags(tags.filter((tag) => typeof tag === "string")) : [],
    saved: saved instanceof Date ? saved : new Date(0),
  };
};
