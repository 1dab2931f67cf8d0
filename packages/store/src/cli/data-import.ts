/** `masq data import`: entries from lines of JSON, in batches of which several are under way at once. */
import { open } from "node:fs/promises";
import {
  checkKey,
  codeOf,
  dataBytes,
  encodeValue,
  MasqError,
  MAX_BATCH_OPERATIONS,
  type NamespaceId,
} from "@masq/core";
import { openAdminLink, sayHello, type AdminLink } from "./admin-link.ts";
import type { Context } from "./context.ts";
import { CommandError, EXIT, exitCodeOf } from "./exit-codes.ts";
import { counted, print, printJson } from "./output.ts";
import { openProgress, type Progress } from "./progress.ts";
import { parseJson, valueFromJson } from "./value-json.ts";

const MAX_UNDER_WAY = 4;
const MAX_BATCH_BYTES = 1024 * 1024 - 1;
/** The longest line a value can need, with room to spare: a file without line breaks must not fill the memory. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

type Operation = readonly [key: string, value: Uint8Array];

interface Line {
  /** From 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** The lines of a stream; the memory they take is bounded. */
async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 1;
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pieces.push(chunk.subarray(start, end));
      yield {
        number,
        bytes: pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces),
      };
      pieces = [];
      length = 0;
      number += 1;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    pieces.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > MAX_LINE_BYTES) throw badLine(number, "It is longer than any entry can be.");
  }
  if (length > 0) yield { number, bytes: Buffer.concat(pieces) };
}

const badLine = (number: number, reason: string, cause?: unknown): CommandError =>
  new CommandError(
    EXIT.usage,
    "MASQ_VALUE_INVALID",
    `Line ${number} cannot be imported. ${reason}`,
    { cause },
  );

/** Not so of lines before. */
const NOT_WRITTEN = /;? ?nothing was written\.?/i;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Undefined for an empty line. */
const readLine = ({ number, bytes }: Line): Operation | undefined => {
  let text: string;
  let item: unknown;
  try {
    text = decoder.decode(bytes).trim();
    if (text === "") return undefined;
    item = parseJson(text);
  } catch (error) {
    if (error instanceof MasqError) throw badLine(number, error.message.replace(NOT_WRITTEN, ""));
    throw badLine(number, "It is not JSON in UTF-8.", error);
  }
  const isObject = typeof item === "object" && item !== null && !Array.isArray(item);
  const { key, value, ...others } = (isObject ? item : {}) as Record<string, unknown>;
  if (typeof key !== "string" || value === undefined || Object.keys(others).length > 0) {
    throw badLine(number, 'It should be of the form {"key":…,"value":…}.');
  }
  try {
    checkKey(key);
    return [key, encodeValue(valueFromJson(value))];
  } catch (error) {
    const reason = error instanceof MasqError ? error.message : "Its value is nested too deeply.";
    throw badLine(number, reason.replace(NOT_WRITTEN, ""), error);
  }
};

/** Sends batches without waiting for each other's answer, and counts what has been acknowledged. */
class Importer {
  imported = 0;
  readonly #link: AdminLink;
  readonly #progress: Progress;
  readonly #underWay = new Set<Promise<void>>();
  readonly #startedAt = performance.now();
  #batch: Operation[] = [];
  #batchBytes = 0;
  #lastNumber = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(link: AdminLink, progress: Progress) {
    this.#link = link;
    this.#progress = progress;
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  async add(operation: Operation): Promise<void> {
    const [key, value] = operation;
    const bytes = dataBytes({ key, value });
    const isFull =
      this.#batch.length === MAX_BATCH_OPERATIONS || this.#batchBytes + bytes > MAX_BATCH_BYTES;
    if (isFull && this.#batch.length > 0) await this.#send();
    this.#batch.push(operation);
    this.#batchBytes += bytes;
  }

  /** Sends the rest and waits for every answer; throws the first failure. */
  async finish(): Promise<void> {
    if (this.#batch.length > 0 && this.#failure === undefined) await this.#send();
    while (this.#underWay.size > 0) await Promise.race(this.#underWay);
    this.#throwFailure();
  }

  async #send(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    while (this.#underWay.size >= MAX_UNDER_WAY) await Promise.race(this.#underWay);
    this.#throwFailure();
    this.#lastNumber += 1;
    const answered = this.#link.call("write", [this.#lastNumber, batch]).then(
      () => {
        this.imported += batch.length;
        this.#progress.update(`${counted(this.imported, "entry", "entries")} imported`);
      },
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    const settled = answered.finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/** Opened before anything else happens, so that a wrong name leaves no trace. */
const openInput = async (file: string): Promise<AsyncIterable<Uint8Array>> => {
  if (file === "-") return process.stdin as AsyncIterable<Uint8Array>;
  try {
    return (await open(file)).createReadStream() as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw toInputError(error, file);
  }
};

export interface ImportOptions {
  /** Makes the namespace if it is not there: what is mistyped is not made by mistake. */
  readonly create?: boolean;
}

export const importData = async (
  context: Context,
  namespace: NamespaceId,
  { file, create = false }: ImportOptions & { readonly file: string },
): Promise<void> => {
  const input = await openInput(file);
  await using link = await openAdminLink(context);
  const progress = openProgress();
  const importer = new Importer(link, progress);
  let failure: unknown;
  try {
    if (create) await link.call("admin.create", namespace);
    await sayHello(link, namespace).catch((error: unknown) => {
      throw codeOf(error) === "MASQ_NOT_FOUND" ? unknownNamespace(error) : error;
    });
    for await (const line of linesOf(input)) {
      const operation = readLine(line);
      if (operation !== undefined) await importer.add(operation);
    }
  } catch (error) {
    failure = toInputError(error, file);
  }
  // What came before a bad line is imported all the same.
  await importer.finish().catch((error: unknown) => (failure ??= error));
  progress.end();
  const { imported, seconds } = importer;
  if (failure !== undefined) throw interrupted(failure, imported);
  const rate = Math.round(imported / Math.max(seconds, 0.001));
  await (context.json
    ? printJson({ namespace, imported, seconds: Number(seconds.toFixed(3)), perSecond: rate })
    : print(
        `${counted(imported, "entry", "entries")} imported into ${namespace} in ${seconds.toFixed(1)} s (${counted(rate, "entry", "entries")} a second).`,
      ));
};

const unknownNamespace = (cause: unknown): MasqError =>
  new MasqError(
    "MASQ_NOT_FOUND",
    "This store holds no such namespace. `masq data list` shows those it holds; --create makes a new one.",
    { cause },
  );

/** A file that cannot be read is no defect of ours. */
const toInputError = (error: unknown, file: string): unknown => {
  if (!(error instanceof Error) || !("syscall" in error)) return error;
  const code = "code" in error ? String(error.code) : "unknown reason";
  const reason = code === "ENOENT" ? "There is no such file" : `The file cannot be read (${code})`;
  return new CommandError(EXIT.usage, "MASQ_OPTION_INVALID", `${reason}: ${file}.`, {
    cause: error,
  });
};

const interrupted = (error: unknown, imported: number): unknown => {
  if (!(error instanceof MasqError)) return error;
  const before =
    imported === 0
      ? "Nothing was imported before that."
      : `${counted(imported, "entry was", "entries were")} imported before that and ${imported === 1 ? "is" : "are"} on the disk. Once it is mended import the whole file again: writing an entry twice does no harm.`;
  return new CommandError(exitCodeOf(error), error.code, `${error.message.trim()} ${before}`, {
    cause: error,
  });
};
