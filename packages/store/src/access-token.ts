/** The access token of the sync service, from a file that is its owner's alone: never an argument, nor kept by the store. */
import { readFile, stat } from "node:fs/promises";
import { MasqError } from "@masq/core";
import { accessTokenOf, type RelayAccess } from "@masq/core/peer";
import type { Config } from "./config.ts";

const OTHERS = 0o077;

const invalid = (text: string, cause?: unknown): MasqError =>
  new MasqError("MASQ_CONFIG_INVALID", `${text} Your data are untouched.`, { cause });

/** Undefined where no token is set. Throws MASQ_CONFIG_INVALID. */
export const readAccess = async ({
  syncService,
  syncServiceTokenFile: file,
}: Config): Promise<RelayAccess | undefined> => {
  if (file === undefined || syncService === undefined) return undefined;
  let text: string;
  try {
    const { mode } = await stat(file);
    // Windows has no such modes.
    if (process.platform !== "win32" && (mode & OTHERS) !== 0)
      throw invalid(`The access token in ${file} can be read by others. Give the file mode 0600.`);
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof MasqError) throw cause;
    throw invalid(`The file with the sync service's access token cannot be read: ${file}.`, cause);
  }
  const accessToken = accessTokenOf(text);
  if (accessToken === undefined)
    throw invalid(`An access token has 1 to 255 bytes; this file holds none: ${file}.`);
  return { url: syncService, accessToken };
};
