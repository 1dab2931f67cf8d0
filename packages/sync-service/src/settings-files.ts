/** The files a sync service reads when it starts. It writes none. */
import { readFileSync } from "node:fs";
import { MasqError, MAX_ACCESS_TOKEN_BYTES } from "@masq/core/relay";
import type { TlsFiles } from "./server.ts";

const read = (file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new MasqError("MASQ_CONFIG_INVALID", `This file cannot be read: ${file}`, { cause });
  }
};

export const readTls = (files: { readonly cert: string; readonly key: string }): TlsFiles => ({
  cert: read(files.cert),
  key: read(files.key),
});

/** The file's text without white space around it. */
export const readAccessToken = (file: string | undefined): Uint8Array | undefined => {
  if (file === undefined) return undefined;
  const token = Buffer.from(read(file).toString("utf8").trim());
  if (token.length > 0 && token.length <= MAX_ACCESS_TOKEN_BYTES) return token;
  throw new MasqError(
    "MASQ_CONFIG_INVALID",
    `An access token has 1 to ${MAX_ACCESS_TOKEN_BYTES} bytes; this file holds none: ${file}`,
  );
};
