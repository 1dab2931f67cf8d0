/** The store's log: structured lines without keys, values or secrets. */
import { renameSync, statSync } from "node:fs";
import { pino, type Logger } from "pino";
import { PRIVATE_FILE_MODE } from "@masq/node";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

const MAX_LOG_BYTES = 10 * 1024 * 1024;
/** Of lines kept back while the disk is full. */
const MAX_WAITING_LENGTH = 64 * 1024;

/** One former file is kept, so that a log never takes more than twice its limit. */
const setAsideWhenLarge = (file: string): void => {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
};

export const openLog = (file: string, level: string): Logger => {
  setAsideWhenLarge(file);
  const destination = pino.destination({
    dest: file,
    mode: PRIVATE_FILE_MODE,
    sync: true,
    mkdir: false,
    maxLength: MAX_WAITING_LENGTH,
  });
  // A disk that is full must not end the store, which can still be read: what cannot be logged waits, or is dropped.
  destination.on("error", () => {});
  return pino({ level, base: { pid: process.pid } }, destination);
};
