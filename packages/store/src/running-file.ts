/** `running.json`: which process runs the store of a directory, and how the command line reaches it. Mode 0600. */
import { fromHex, fromUtf8, toHex, utf8 } from "@masq/core";
import { readPrivateFile, removePrivateFile, writePrivateFile } from "@masq/node";

export interface Running {
  readonly pid: number;
  readonly port: number;
  /** The store's public key towards the command line. */
  readonly storeKey: Uint8Array;
  /** Milliseconds since 1970. */
  readonly since: number;
}

export const writeRunning = (file: string, { storeKey, ...rest }: Running): Promise<void> =>
  writePrivateFile(file, utf8(JSON.stringify({ ...rest, storeKey: toHex(storeKey) })));

/** Undefined when no store has said that it runs. A store that was killed leaves its file behind. */
export const readRunning = async (file: string): Promise<Running | undefined> => {
  const bytes = await readPrivateFile(file);
  if (bytes === undefined) return undefined;
  try {
    const { pid, port, storeKey, since } = JSON.parse(fromUtf8(bytes)) as Record<string, unknown>;
    if (typeof pid !== "number" || typeof port !== "number" || typeof since !== "number")
      return undefined;
    return typeof storeKey === "string"
      ? { pid, port, since, storeKey: fromHex(storeKey) }
      : undefined;
  } catch {
    return undefined;
  }
};

export const removeRunning = (file: string): Promise<void> => removePrivateFile(file);
