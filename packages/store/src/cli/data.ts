/** `masq data`: the owner's own look at the entries, and a way in and out for them. */
import type { NamespaceId } from "@masq/core";
import type { Command } from "commander";
import { contextOf, example, readNamespace } from "./context.ts";
import {
  DEFAULT_LIMIT,
  deleteValue,
  getValue,
  listEntries,
  listNamespaces,
  putValue,
  type ListOptions,
  type PutOptions,
} from "./data-entries.ts";
import { exportData } from "./data-export.ts";
import { importData, type ImportOptions } from "./data-import.ts";
import { usageError } from "./exit-codes.ts";
import { VALUE_HELP } from "./value-json.ts";

const NAMESPACE_HELP =
  "an app's data: its address (https://maps.example.org) or its id (org.example.maps)";

const readWritable = (text: string): NamespaceId => {
  const namespace = readNamespace(text);
  if (!namespace.startsWith("masq:")) return namespace;
  throw usageError("Namespaces of Masq itself can only be read. Nothing was written.");
};

const parseLimit = (text: string): number => {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && Number.isSafeInteger(limit)) return limit;
  throw usageError(`--limit takes a number from 1 on, not ${text}.`);
};

const parseDevices = (text: string): number => {
  const devices = Number(text);
  if (/^\d{1,3}$/.test(text) && devices >= 1) return devices;
  throw usageError(`--until takes a number of other devices from 1 on, not ${text}.`);
};

export const addData = (program: Command): void => {
  const data = program
    .command("data")
    .summary("read, write, export and import entries")
    .description("Shows and changes the entries in the store.")
    .addHelpText("after", example("masq data list", "masq data get org.example.maps places/home"));
  data
    .command("list")
    .description("Lists the namespaces, or the entries of one.")
    .argument("[namespace]", NAMESPACE_HELP)
    .option("--prefix <text>", "only keys that begin so")
    .option("--limit <number>", `at most so many entries (default: ${DEFAULT_LIMIT})`, parseLimit)
    .addHelpText(
      "after",
      example("masq data list", "masq data list org.example.maps --prefix places/"),
    )
    .action((namespace: string | undefined, options: ListOptions, command: Command) =>
      namespace === undefined
        ? listNamespaces(contextOf(command))
        : listEntries(contextOf(command), readNamespace(namespace), options),
    );
  data
    .command("get")
    .description("Prints the value of an entry as JSON; with --json the entry with key and value.")
    .argument("<namespace>", NAMESPACE_HELP)
    .argument("<key>")
    .addHelpText("after", VALUE_HELP + "\n" + example("masq data get org.example.maps places/home"))
    .action((namespace: string, key: string, _options: unknown, command: Command) =>
      getValue(contextOf(command), readNamespace(namespace), key),
    );
  data
    .command("put")
    .description("Writes an entry.")
    .argument("<namespace>", NAMESPACE_HELP)
    .argument("<key>")
    .argument("<value>", "JSON, or - to read it from the standard input")
    .option(
      "--until <devices>",
      "wait until so many of your other devices have it on their disks too",
      parseDevices,
    )
    .addHelpText(
      "after",
      VALUE_HELP +
        "\n" +
        example(`masq data put org.example.maps places/home '{"lat":48.9,"lon":2.4}'`),
    )
    .action(
      (namespace: string, key: string, value: string, options: PutOptions, command: Command) =>
        putValue(contextOf(command), readWritable(namespace), { key, text: value, ...options }),
    );
  data
    .command("del")
    .description("Deletes an entry.")
    .argument("<namespace>", NAMESPACE_HELP)
    .argument("<key>")
    .addHelpText("after", example("masq data del org.example.maps places/home"))
    .action((namespace: string, key: string, _options: unknown, command: Command) =>
      deleteValue(contextOf(command), readWritable(namespace), key),
    );
  data
    .command("export")
    .description('Prints all entries of a namespace, one {"key":…,"value":…} a line.')
    .argument("<namespace>", NAMESPACE_HELP)
    .addHelpText(
      "after",
      VALUE_HELP + "\n" + example("masq data export org.example.maps > maps.jsonl"),
    )
    .action((namespace: string, _options: unknown, command: Command) =>
      exportData(contextOf(command), readNamespace(namespace)),
    );
  data
    .command("import")
    .description("Writes the entries of an exported file. Entries with the same keys are replaced.")
    .argument("<namespace>", NAMESPACE_HELP)
    .argument("<file>", "a file of the form that export prints, or - for the standard input")
    .option("--create", "make the namespace if the store does not hold it yet")
    .addHelpText(
      "after",
      VALUE_HELP +
        "\n" +
        example(
          "masq data import org.example.maps maps.jsonl",
          "masq data import org.example.new maps.jsonl --create",
        ),
    )
    .action((namespace: string, file: string, options: ImportOptions, command: Command) =>
      importData(contextOf(command), readWritable(namespace), { file, ...options }),
    );
};
