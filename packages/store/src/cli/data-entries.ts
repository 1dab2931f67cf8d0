/** What `masq data` does with single entries and lists of them. */
import {
  checkKey,
  decodeValue,
  encodeValue,
  fields,
  MAX_PAGE_KEYS,
  readEntry,
  type NamespaceId,
  type Shown,
} from "@masq/core";
import { asRecords, openAdminLink, openDataLink, type AdminLink } from "./admin-link.ts";
import type { Context } from "./context.ts";
import { readable, readPage } from "./data-pages.ts";
import { readDevices } from "./device-items.ts";
import { CommandError, EXIT, usageError } from "./exit-codes.ts";
import { counted, dim, print, printJson, remark, shortened, table } from "./output.ts";
import { keptBack } from "./sharing.ts";
import { namespacesText } from "./stop-status.ts";
import { harmless, parseValue, valueText, valueToJson } from "./value-json.ts";

export const DEFAULT_LIMIT = 100;
const MAX_SHOWN_LENGTH = 60;
/** More than any value; nobody types that. */
const MAX_INPUT_BYTES = 16 * 1024 * 1024;

export interface ListOptions {
  readonly prefix?: string;
  readonly limit?: number;
}

export interface PutOptions {
  /** Other devices that are to hold it durably before the command ends. */
  readonly until?: number;
}

export const listNamespaces = async (context: Context): Promise<void> => {
  await using link = await openAdminLink(context);
  const namespaces = asRecords(await link.call("admin.namespaces"));
  await (context.json ? printJson(namespaces) : print(namespacesText(namespaces)));
};

export const listEntries = async (
  context: Context,
  namespace: NamespaceId,
  options: ListOptions,
): Promise<void> => {
  const { prefix, limit = DEFAULT_LIMIT } = options;
  await using link = await openDataLink(context, namespace);
  const entries: Shown[] = [];
  let gt: string | undefined;
  // One more than asked for tells whether there is more.
  do {
    const page = await readPage(link, {
      prefix,
      gt,
      limit: Math.min(limit + 1 - entries.length, MAX_PAGE_KEYS),
    });
    entries.push(...page.entries);
    gt = page.next;
  } while (gt !== undefined && entries.length <= limit);
  const more = entries.length > limit;
  const shown = entries.slice(0, limit);
  if (context.json) return printJson({ entries: shown.map(entryJson), more });
  if (shown.length === 0)
    return print(
      prefix === undefined ? "There are no entries." : "There are no entries whose keys begin so.",
    );
  await print(entriesTable(shown, process.stdout.isTTY));
  if (more)
    remark(
      dim(
        `There are more entries. Show more with --limit, or fewer of them with --prefix.`,
        process.stderr,
      ),
    );
};

const entryJson = (entry: Shown): unknown => {
  const found = readable(entry);
  return {
    key: entry.key,
    ...(found === undefined ? { unreadable: true } : { value: valueToJson(found.value) }),
    ...(entry.conflict && { conflict: true }),
  };
};

/** For people; only a terminal is too narrow for whole keys. */
export const entriesTable = (entries: readonly Shown[], isTerminal: boolean): string =>
  table(
    ["KEY", "VALUE"],
    entries.map((entry) => entryRow(entry, isTerminal ? MAX_SHOWN_LENGTH : Infinity)),
  );

const entryRow = (entry: Shown, keyLength: number): [key: string, value: string] => {
  const found = readable(entry);
  const text = found === undefined ? "(not a value Masq can read)" : valueText(found.value);
  const short = shortened(text, MAX_SHOWN_LENGTH);
  return [
    shortened(harmless(entry.key), keyLength),
    entry.conflict ? `${short}  (changed in two places at once)` : short,
  ];
};

const readOne = async (link: AdminLink, key: string): Promise<Shown> =>
  readEntry([key, ...fields.asArray(await link.call("get", key), "an entry")]);

export const getValue = async (
  context: Context,
  namespace: NamespaceId,
  key: string,
): Promise<void> => {
  checkKey(key);
  await using link = await openDataLink(context, namespace);
  const entry = await readOne(link, key);
  if (entry.value === null) {
    throw new CommandError(
      EXIT.notFound,
      "MASQ_NOT_FOUND",
      `There is no entry with this key in ${namespace}.`,
    );
  }
  if (context.json) return printJson(entryJson(entry));
  await print(valueText(decodeValue(entry.value), process.stdout.isTTY ? 2 : undefined));
  if (entry.conflict)
    remark(
      "This entry was changed in two places at once. This is one of its values; the others are kept.",
    );
};

export const putValue = async (
  context: Context,
  namespace: NamespaceId,
  { key, text, until = 0 }: PutOptions & { readonly key: string; readonly text: string },
): Promise<void> => {
  checkKey(key);
  const value = encodeValue(parseValue(text === "-" ? await readInput() : text));
  await using link = await openDataLink(context, namespace);
  await requireDevices(context, link, until);
  await link.call("write", [1, [[key, value]]]);
  if (until > 0) await heldElsewhere(context, link, { namespace, devices: until });
  if (context.json) return printJson({ namespace, key, written: true, devices: until });
  const elsewhere =
    until === 0 ? "" : ` here and on ${counted(until, "other device", "other devices")}`;
  await print(`Written, and on the disk${elsewhere}.`);
};

/** Said before anything is written: the wait would have no end. */
const requireDevices = async (context: Context, link: AdminLink, until: number): Promise<void> => {
  if (until === 0) return;
  const status = fields.asRecord(await link.call("status"), "a status");
  const { length } = fields.asArray(status["devices"], "devices");
  if (length >= until) return;
  throw usageError(
    `You have ${counted(length, "other device", "other devices")} paired, fewer than --until asks for. Nothing was written. See: ${context.hint("devices")}`,
  );
};

const heldElsewhere = async (
  { hint }: Context,
  link: AdminLink,
  { namespace, devices }: { readonly namespace: NamespaceId; readonly devices: number },
): Promise<void> => {
  await link.call("hold", [1, devices]);
  remark(`Written here. Waiting for ${counted(devices, "other device", "other devices")}…`);
  const kept = keptBack(readDevices(await link.call("admin.devices")), namespace, devices);
  if (kept !== undefined)
    remark(
      `Sharing of ${namespace} is ${kept}, so too few devices get it. Share it again: ${hint(`sync on ${namespace}`)}`,
    );
  await link.event("held");
};

const readInput = async (): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_INPUT_BYTES)
      throw usageError("That is more than a value can hold. Nothing was written.");
  }
  return Buffer.concat(chunks).toString("utf8");
};

export const deleteValue = async (
  context: Context,
  namespace: NamespaceId,
  key: string,
): Promise<void> => {
  checkKey(key);
  await using link = await openDataLink(context, namespace);
  const deleted = (await readOne(link, key)).value !== null;
  if (deleted) await link.call("write", [1, [[key, null]]]);
  if (context.json) return printJson({ namespace, key, deleted });
  await print(deleted ? "Deleted." : "There is no entry with this key; nothing was changed.");
};
