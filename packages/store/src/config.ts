/** `config.json`: what the owner has set, read when the store starts. */
import { isAbsolute } from "node:path";
import { fromUtf8, LOCAL_PORTS, MasqError, utf8 } from "@masq/core";
import { readPrivateFile, writePrivateFile } from "@masq/node";
import { syncServiceAddress } from "@masq/core/peer";
import { LOG_LEVELS } from "./log.ts";

export interface Config {
  /** The store's only port; without it the documented ones are tried in turn. */
  readonly port?: number;
  readonly logLevel?: string;
  /** Where this store meets the owner's other devices. */
  readonly syncService?: string;
  /** The file with its access token, if it asks for one. */
  readonly syncServiceTokenFile?: string;
}

interface Setting {
  readonly field: keyof Config;
  readonly describe: string;
  /** What holds where nothing is set, for people. */
  readonly otherwise: string;
  /** The value as kept; undefined when the text is none. */
  readonly parse: (text: string) => number | string | undefined;
}

/** Every setting, by the name it has on the command line. */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  port: {
    field: "port",
    describe: "TCP port on loopback, 1 to 65535",
    otherwise: `the first free one of ${LOCAL_PORTS.join(", ")}`,
    parse: (text) => {
      const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
      return port >= 1 && port <= 65_535 ? port : undefined;
    },
  },
  "log-level": {
    field: "logLevel",
    describe: `how much is logged: ${LOG_LEVELS.join(", ")}`,
    otherwise: "info",
    parse: (text) => LOG_LEVELS.find((level) => level === text),
  },
  "sync-service": {
    field: "syncService",
    describe:
      "address of the sync service where your devices meet: wss://…, or ws://… for one on this computer only",
    otherwise: "none",
    parse: syncServiceAddress,
  },
  "sync-service-token-file": {
    field: "syncServiceTokenFile",
    describe:
      "file of mode 0600, by its absolute path, with the access token that the sync service asks for",
    otherwise: "none",
    parse: (text) => (isAbsolute(text) ? text : undefined),
  },
};

const invalid = (text: string): never => {
  throw new MasqError("MASQ_CONFIG_INVALID", text);
};

/** Throws MASQ_CONFIG_INVALID when the file is not one of ours; it is never overwritten then. */
export const readConfig = async (file: string): Promise<Config> => {
  const bytes = await readPrivateFile(file);
  if (bytes === undefined) return {};
  let fields: unknown;
  try {
    fields = JSON.parse(fromUtf8(bytes));
  } catch {
    return invalid(`${file} is not JSON. Mend or remove it; your data are untouched.`);
  }
  if (typeof fields !== "object" || fields === null)
    return invalid(`${file} should hold a JSON object.`);
  const config: Record<string, number | string> = {};
  for (const [name, value] of Object.entries(fields)) {
    const setting = Object.values(SETTINGS).find(({ field }) => field === name);
    const parsed = setting?.parse(String(value));
    if (parsed === undefined)
      return invalid(`${file} holds a setting that is unknown or out of range: ${name}.`);
    config[name] = parsed;
  }
  return config;
};

/** The setting of this name. Throws MASQ_CONFIG_INVALID. */
export const settingNamed = (name: string): Setting =>
  Object.hasOwn(SETTINGS, name)
    ? (SETTINGS[name] as Setting)
    : invalid(`There is no setting of this name. Known: ${Object.keys(SETTINGS).join(", ")}.`);

/** The value a text stands for. Throws MASQ_CONFIG_INVALID. */
export const parseSetting = (name: string, text: string): number | string => {
  const setting = settingNamed(name);
  return setting.parse(text) ?? invalid(`This is not a ${name}: ${setting.describe}.`);
};

/** Sets one setting, or with an undefined text goes back to its default. */
export const writeSetting = async (
  file: string,
  name: string,
  text: string | undefined,
): Promise<void> => {
  const { field } = settingNamed(name);
  const before = await readConfig(file);
  const config: Record<string, unknown> = { ...before };
  if (text === undefined) delete config[field];
  else config[field] = parseSetting(name, text);
  // A token is for one sync service: it must not be shown to another, least of all one that another device named.
  if (field === "syncService" && config["syncService"] !== before.syncService)
    delete config["syncServiceTokenFile"];
  if (config["syncServiceTokenFile"] !== undefined && config["syncService"] === undefined)
    return invalid("An access token is for one sync service: set sync-service first.");
  await writePrivateFile(file, utf8(`${JSON.stringify(config, null, 2)}\n`));
};
