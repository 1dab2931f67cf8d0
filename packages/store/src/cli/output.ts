/** What a command says: text for people or JSON for programs on stdout, errors on stderr. */
import { stripVTControlCharacters, styleText } from "node:util";
import { toMasqError } from "@masq/core";
import { CommandError, EXIT } from "./exit-codes.ts";

/** Whoever read our output has had enough, as `head` does: no reason to complain. */
export class OutputClosed extends Error {}

/** Without these a write to a closed pipe would end the process with a stack trace. The callback of `write` tells. */
export const ignoreStreamErrors = (): void => {
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
};

/** The pipe's other end has gone, just now or before. */
const CLOSED: ReadonlySet<unknown> = new Set(["EPIPE", "EOF", "ERR_STREAM_DESTROYED"]);

/** Resolves when the text has been taken: writing on only then keeps memory bounded. */
export const write = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else if ("code" in error && CLOSED.has(error.code)) reject(new OutputClosed());
      else
        reject(
          new CommandError(
            EXIT.failed,
            "MASQ_STORAGE_FAILED",
            `The output could not be written: ${error.message}. The data in the store are as they were.`,
            { cause: error },
          ),
        );
    });
  });

export const print = (text: string): Promise<void> => write(`${text}\n`);

export const printJson = (value: unknown): Promise<void> => print(JSON.stringify(value));

/** A remark for a person, kept apart from the result. */
export const remark = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

export const reportError = (reason: unknown, asJson: boolean): void => {
  const error = toMasqError(reason);
  const { code, message } = error;
  if (asJson) return remark(JSON.stringify({ error: { code, message } }));
  remark(`masq: ${message} ${dim(`[${code}]`, process.stderr)}`);
  if (code !== "MASQ_INTERNAL") return;
  if (process.env["MASQ_DEBUG"] === undefined)
    remark("Run it again with MASQ_DEBUG=1 to see where, and report it, please.");
  else remark(error.cause instanceof Error ? (error.cause.stack ?? "") : String(error.cause));
};

type Style = Parameters<typeof styleText>[0];

/** Colours only on a terminal; NO_COLOR and FORCE_COLOR are respected. */
const styled = (style: Style, text: string, stream: NodeJS.WriteStream): string =>
  styleText(style, text, { stream });

export const bold = (text: string, stream: NodeJS.WriteStream = process.stdout): string =>
  styled("bold", text, stream);
export const dim = (text: string, stream: NodeJS.WriteStream = process.stdout): string =>
  styled("dim", text, stream);
/** Light on dark, whatever the terminal's own colours are. */
export const onDark = (text: string, stream: NodeJS.WriteStream): string =>
  styled(["whiteBright", "bgBlack"], text, stream);
export const inColour = (colour: "green" | "yellow" | "red", text: string): string =>
  styled(colour, text, process.stdout);

const segmenter = new Intl.Segmenter();

const widthOf = (text: string): number => [...segmenter.segment(text)].length;

/** The beginning of a text, if it is longer than `width` characters. */
export const shortened = (text: string, width: number): string => {
  // A character takes several units at times; counting all of a long text would take long.
  const segments = [...segmenter.segment(text.slice(0, 8 * width))];
  if (segments.length <= width) return text;
  const kept = segments.slice(0, width - 1).map(({ segment }) => segment);
  return `${kept.join("")}…`;
};

const padded = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - widthOf(text)));

/** Rows under their headings, columns aligned. */
export const table = (
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string => {
  const widths = headings.map((heading, column) =>
    Math.max(...[heading, ...rows.map((row) => row[column] ?? "")].map(widthOf)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [dim(line(headings)), ...rows.map(line)].join("\n");
};

/** A table; on a terminal too narrow for it each row by itself, a line for each column. */
export const fittingTable = (
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  width: number = process.stdout.columns ?? Infinity,
): string => {
  const wide = table(headings, rows);
  const widest = Math.max(...stripVTControlCharacters(wide).split("\n").map(widthOf));
  if (widest <= width) return wide;
  const lines = rows.map((row) =>
    headings.map((heading, column) => `${dim(heading)} ${row[column] ?? ""}`).join("\n"),
  );
  return lines.join("\n\n");
};

/** Labels and what they stand for, aligned and indented. */
export const facts = (rows: readonly (readonly [label: string, text: string])[]): string => {
  const width = Math.max(...rows.map(([label]) => widthOf(label)));
  return rows.map(([label, text]) => `  ${padded(label, width)}  ${text}`).join("\n");
};

export const formatCount = (count: number): string => count.toLocaleString("en-US");

export const counted = (count: number, one: string, many: string): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

export const formatBytes = (bytes: number): string => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
};

const two = (part: number): string => String(part).padStart(2, "0");

/** Local time to the minute, in a form that sorts. */
export const formatTime = (milliseconds: number): string => {
  const date = new Date(milliseconds);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${formatTimeOfDay(milliseconds)}`;
};

/** The end of `formatTime`, for what is minutes away. */
export const formatTimeOfDay = (milliseconds: number): string => {
  const date = new Date(milliseconds);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
};
