/** A language to speak: its texts, and numbers, times and names as it writes them. */
import { en } from "./en.ts";
import { fr } from "./fr.ts";
import { plainName } from "./plain-name.ts";
import type { Texts } from "./texts.ts";

const TEXTS: Readonly<Record<string, Texts>> = { en, fr };
const DEFAULT = "en";

const AGES: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];
const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
const STEP = 1000;
/** A name written from right to left must not turn the sentence around it (Unicode Annex 9, section 2.4). */
const ISOLATE = "\u2068";
const END_ISOLATE = "\u2069";

export interface Speech {
  readonly language: string;
  readonly t: Texts;
  readonly number: (count: number) => string;
  readonly bytes: (count: number) => string;
  /** Today's times without the day. */
  readonly time: (date: Date, now: Date) => string;
  readonly ago: (date: Date, now: Date) => string;
  /** Minutes and seconds. */
  readonly duration: (milliseconds: number) => string;
  /** A name from another device: cut, without what could pass for something else, in quotes. */
  readonly name: (name: string | undefined) => string;
}

/** The first of the tags in a language there are texts for; otherwise English. */
export const languageOf = (tags: readonly (string | null | undefined)[]): string => {
  for (const tag of tags) {
    const language = tag?.split("-")[0]?.toLowerCase() ?? "";
    if (Object.hasOwn(TEXTS, language)) return tag as string;
  }
  return DEFAULT;
};

/** Whatever an attribute says must not throw. */
const localeOf = (tag: string, language: string): string => {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? language;
  } catch {
    return language;
  }
};

/** `tag`: as `languageOf` gives it; its region counts for numbers and times. */
export const speechIn = (tag: string): Speech => {
  const language = tag.split("-")[0]?.toLowerCase() ?? DEFAULT;
  const t = TEXTS[language] ?? en;
  const locale = localeOf(tag, language);
  const numbers = new Intl.NumberFormat(locale);
  const unit = (count: number, name: string): string =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit: name,
      // The short form of a byte has no plural.
      unitDisplay: name === "byte" ? "long" : "short",
      maximumFractionDigits: count < 10 ? 1 : 0,
    }).format(count);
  return {
    language,
    t,
    number: (count) => numbers.format(count),
    bytes(count) {
      const step = Math.min(
        SIZES.length - 1,
        Math.floor(Math.log(Math.max(1, count)) / Math.log(STEP)),
      );
      return unit(count / STEP ** step, SIZES[step] as string);
    },
    time(date, now) {
      const isToday = date.toDateString() === now.toDateString();
      return new Intl.DateTimeFormat(locale, {
        timeStyle: "short",
        ...(!isToday && { dateStyle: "medium" }),
      }).format(date);
    },
    ago(date, now) {
      const age = now.getTime() - date.getTime();
      const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
      const [name, length] = AGES.find(([, least]) => age >= least) ?? ["second", Infinity];
      return format.format(-Math.floor(age / length) || 0, name);
    },
    duration(milliseconds) {
      const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
      const parts = [unit(Math.floor(seconds / 60), "minute"), unit(seconds % 60, "second")];
      return (seconds < 60 ? parts.slice(1) : parts).join(" ");
    },
    name(name) {
      const plain = plainName(name ?? "");
      return plain === "" ? t.nameless : t.quote(`${ISOLATE}${plain}${END_ISOLATE}`);
    },
  };
};
