/** Which language the page speaks, and how it writes countries, dates and coordinates in it. */
import type { Location } from "../map/sphere.ts";
import { en, type Texts } from "./en.ts";
import { fr } from "./fr.ts";

export type Language = "en" | "fr";

const TEXTS: Readonly<Record<Language, Texts>> = { en, fr };
const KEPT_AS = "language";

export interface Speech {
  readonly language: Language;
  readonly t: Texts;
  readonly country: (code: string) => string;
  readonly date: (date: Date) => string;
  readonly time: (date: Date) => string;
  /** Degrees and minutes, as an atlas has them. */
  readonly coordinates: (location: Location) => string;
}

const isLanguage = (text: string | null): text is Language => text === "en" || text === "fr";

const keptLanguage = (): string | null => {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null;
  }
};

/** What the person chose, else the first of the browser's languages that there is. */
export const firstLanguage = (): Language => {
  const kept = keptLanguage();
  if (isLanguage(kept)) return kept;
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2));
  return wanted.find(isLanguage) ?? "en";
};

/** In a browser that keeps nothing it lasts as long as the page. */
export const keepLanguage = (language: Language): void => {
  try {
    localStorage.setItem(KEPT_AS, language);
  } catch {}
};

const angle = (degrees: number, letter: string): string => {
  const minutes = Math.round(Math.abs(degrees) * 60);
  const rest = String(minutes % 60).padStart(2, "0");
  return `${Math.floor(minutes / 60)}°${rest}′${letter}`;
};

export const speak = (language: Language): Speech => {
  const t = TEXTS[language];
  const names = new Intl.DisplayNames(language, { type: "region" });
  // British or Canadian, as the browser says: dates differ.
  const locale = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "long" });
  const time = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const { north, south, east, west } = t.compass;
  return {
    language,
    t,
    country: (code) => (code === "" ? "" : (names.of(code) ?? code)),
    date: (value) => date.format(value),
    time: (value) => time.format(value),
    coordinates: ({ lat, lon }) =>
      `${angle(lat, lat < 0 ? south : north)} ${angle(lon, lon < 0 ? west : east)}`,
  };
};
