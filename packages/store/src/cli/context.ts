/** What every command knows: the data directory it is about and how it is to speak. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { isAppId, parseNamespaceId, type NamespaceId } from "@masq/core";
import { dataFiles, defaultDataDirectory, type DataFiles } from "../data-directory.ts";

/** What to type to start this program: its name, or through npx as in a clone, where it is not on the path. */
export const PROGRAM: string = process.env["npm_command"] === "exec" ? "npx masq" : "masq";

export interface Context {
  readonly files: DataFiles;
  readonly json: boolean;
  /** A command to type, for this data directory. */
  readonly hint: (command: string) => string;
}

interface GlobalOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
}

export const contextOf = (command: Command): Context => {
  const { dataDir, json = false } = command.optsWithGlobals<GlobalOptions>();
  const usual = resolve(defaultDataDirectory());
  const directory = dataDir === undefined ? usual : resolve(dataDir);
  return {
    files: dataFiles(directory),
    json,
    hint: hintFor(directory === usual ? undefined : directory),
  };
};

/** Repeats --data-dir where it was given, in full and quoted for a shell where need be. */
const hintFor = (directory: string | undefined): ((command: string) => string) => {
  if (directory === undefined) return (command) => `${PROGRAM} ${command}`;
  const isPlain = /^[\w./~+@%:=-]+$/.test(directory);
  const quoted = isPlain ? directory : `'${directory.replaceAll("'", "'\\''")}'`;
  return (command) => `${PROGRAM} ${command} --data-dir ${quoted}`;
};

/** An app or a namespace as people write it: an origin, `app:` and an id, or a bare id. Throws MASQ_NAMESPACE_INVALID. */
export const readNamespace = (text: string): NamespaceId => {
  if (isAppId(text)) return parseNamespaceId(`app:${text}`);
  // As copied from the address line of a browser.
  const origin = /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  const isBare =
    origin !== undefined && origin.pathname === "/" && origin.search === "" && origin.hash === "";
  return parseNamespaceId(isBare ? origin.origin : text);
};

/** An example under a command's help; each line begins with `masq`. */
export const example = (...lines: readonly string[]): string =>
  `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.map((line) => `  $ ${line.replace(/^masq/, PROGRAM)}`).join("\n")}`;
