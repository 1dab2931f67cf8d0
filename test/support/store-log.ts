/** A store's own log as a source of events. */
import { readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { within } from "./raw-app.ts";

export type LogLine = Readonly<Record<string, unknown>>;

export const logOf = (directory: string): LogLine[] =>
  readFileSync(join(directory, "store.log"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LogLine);

/** Resolves when so many lines fit, those included that are there. */
export const logged = async (
  directory: string,
  isWanted: (line: LogLine) => boolean,
  count = 1,
): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (logOf(directory).filter(isWanted).length >= count) resolve();
  };
  const watcher = watch(join(directory, "store.log"), look);
  try {
    look();
    await within(120_000, `${count} lines of the log`, promise);
  } finally {
    watcher.close();
  }
};

/** The store has ended a session because of what the other device said. */
export const sessionEnded = ({ msg, code }: LogLine): boolean =>
  msg === "session ended" && code === "MASQ_MESSAGE_INVALID";
