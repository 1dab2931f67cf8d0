/**
 * Values as JSON and back. What JSON cannot hold is an object with one key that begins with "$":
 *
 *   Uint8Array           {"$bytes":"base64"}
 *   Date                 {"$date":"2026-01-31T12:00:00.000Z"}, null instead of the text for a date that is none
 *   bigint               {"$bigint":"123"}
 *   NaN, infinities, -0  {"$number":"NaN"}
 *   an object of the app that has exactly one key, beginning with "$"
 *                        {"$object":{"$key":…}}
 */
import { MasqError } from "@masq/core";
import { shortened } from "./output.ts";

/** More digits than a value can hold: reading them would cost the square of their number. */
const MAX_BIGINT_DIGITS = 2500;
const SPECIAL_NUMBERS: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);
/** A date, or a time that says its offset: one without would depend on the computer that reads it. */
const ISO_DATE =
  /^(?:\d{4}|[+-]\d{6})-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** Control and bidirectional characters, which could change what a terminal shows. */
// oxlint-disable-next-line no-control-regex
const MISLEADING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Text of others made harmless for a terminal. In JSON the same escapes mean the same text. */
export const harmless = (text: string): string => text.replaceAll(MISLEADING, escaped);

const isTagged = (keys: readonly string[]): boolean =>
  keys.length === 1 && (keys[0] as string).startsWith("$");

const numberToJson = (value: number): unknown => {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return { $number: Object.is(value, -0) ? "-0" : String(value) };
};

/** A value of an entry as something JSON.stringify keeps whole. */
export const valueToJson = (value: unknown): unknown => {
  if (typeof value === "number") return numberToJson(value);
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Date) {
    return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() };
  }
  if (Array.isArray(value)) return value.map(valueToJson);
  const entries = Object.entries(value).map(([key, field]) => [key, valueToJson(field)] as const);
  // From entries: an assignment would take the key "__proto__" for something else.
  const object: unknown = Object.fromEntries(entries);
  return isTagged(entries.map(([key]) => key)) ? { $object: object } : object;
};

const invalid = (message: string): never => {
  throw new MasqError("MASQ_VALUE_INVALID", `${message} Nothing was written.`);
};

const taggedFromJson = (tag: string, content: unknown): unknown => {
  const text = typeof content === "string" ? content : "";
  switch (tag) {
    case "$bytes": {
      const bytes = Buffer.from(text, "base64");
      const isExact = typeof content === "string" && bytes.toString("base64") === text;
      return isExact ? new Uint8Array(bytes) : invalid('{"$bytes":…} needs base64 with padding.');
    }
    case "$date": {
      const date = new Date(content === null ? Number.NaN : text);
      const isDate = content === null || (ISO_DATE.test(text) && !Number.isNaN(date.getTime()));
      return isDate
        ? date
        : invalid('{"$date":…} needs a time such as "2026-01-31T12:00:00.000Z".');
    }
    case "$bigint":
      return /^-?\d+$/.test(text) && text.length <= MAX_BIGINT_DIGITS
        ? BigInt(text)
        : invalid('{"$bigint":…} needs decimal digits in quotes.');
    case "$number":
      return (
        SPECIAL_NUMBERS.get(text) ??
        invalid('{"$number":…} needs "NaN", "Infinity", "-Infinity" or "-0".')
      );
    case "$object":
      return typeof content === "object" && content !== null && !Array.isArray(content)
        ? objectFromJson(content)
        : invalid('{"$object":…} needs an object.');
    default:
      return invalid(
        'An object whose only key begins with "$" has a special meaning; one of your own is written {"$object":{…}}.',
      );
  }
};

const objectFromJson = (object: object): unknown =>
  Object.fromEntries(Object.entries(object).map(([key, field]) => [key, valueFromJson(field)]));

/** The value that parsed JSON stands for. Throws MASQ_VALUE_INVALID. */
export const valueFromJson = (json: unknown): unknown => {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(valueFromJson);
  const [entry, ...others] = Object.entries(json);
  return entry !== undefined && others.length === 0 && entry[0].startsWith("$")
    ? taggedFromJson(entry[0], entry[1])
    : objectFromJson(json);
};

/** One line, unless `indent` says otherwise. */
export const valueText = (value: unknown, indent?: number): string => {
  const text = JSON.stringify(valueToJson(value), undefined, indent);
  return indent === undefined ? harmless(text) : text.split("\n").map(harmless).join("\n");
};

const NOT_ZERO = /^-?[0.]*[1-9]/;
const WHOLE = /^-?\d+$/;
const MAX_SHOWN_DIGITS = 40;

/**
 * Whether a number stays what was written: beyond 2^53 whole ones do not, unless a double has that very value or is
 * itself written so. Fractions are rounded as everywhere.
 */
const isKept = (number: number, source: string): boolean => {
  if (!Number.isFinite(number)) return false;
  if (number === 0) return !NOT_ZERO.test(source);
  return !WHOLE.test(source) || String(number) === source || BigInt(number) === BigInt(source);
};

/** As JSON.parse, which changes numbers that are too long or too large for it; throws MASQ_VALUE_INVALID for them. */
export const parseJson = (text: string): unknown => {
  const check = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source;
    if (typeof value === "number" && source !== undefined && !isKept(value, source)) {
      invalid(
        `A number cannot hold ${shortened(source, MAX_SHOWN_DIGITS)}: it would be changed. A whole number of any size is written {"$bigint":"…"}.`,
      );
    }
    return value;
  };
  return JSON.parse(text, check);
};

/** The value a text in JSON stands for. Throws MASQ_VALUE_INVALID. */
export const parseValue = (text: string): unknown => {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (error) {
    if (error instanceof MasqError) throw error;
    return invalid("The value is not JSON. A text needs quotes of its own, as in '\"hello\"'.");
  }
  return valueFromJson(json);
};

/** The ways of writing above, for the help. */
export const VALUE_HELP = `
Values are JSON. What JSON cannot hold is written:
  bytes                {"$bytes":"aGVsbG8="}
  a date               {"$date":"2026-01-31T12:00:00.000Z"}
  a bigint             {"$bigint":"123"}, also for what is too long for a number
  NaN, Infinity, -0    {"$number":"NaN"}
  an object with one key that begins with "$"
                       {"$object":{"$key":1}}`;
