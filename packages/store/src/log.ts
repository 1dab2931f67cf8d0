/** The store's log: structured lines without keys, values or secrets. */
import { renameSync, statSync } from "node:fs";
import { pino, type Logger } from "pino";
import { PRIVATE_FILE_MODE } from "@masq/node";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** One former file is kept, so that a log never takes more than twice its limit. */
const setAsideWhenLarge = (file: string): void => {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
};

export const openLog = (file: string, level: string): Logger => {
  setAsideWhenLarge(file);
  return pino(
    { level, base: { pid: process.pid } },
    pino.destination({ dest: file, mode: PRIVATE_FILE_MODE, sync: true, mkdir: false }),
  );
};
