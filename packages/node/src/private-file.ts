/** Files only their owner may read: directories 0700, files 0600, written whole or not at all. */
import { chmod, mkdir, open, readFile, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { randomBytes } from "node:crypto";
import { MasqError } from "@masq/core";

export const PRIVATE_FILE_MODE = 0o600;
export const PRIVATE_DIRECTORY_MODE = 0o700;

const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error ? String(error.code) : undefined;

/** Makes the directory if need be and closes it to everybody else. Throws MASQ_DIRECTORY_INVALID. */
export const preparePrivateDirectory = async (directory: string): Promise<void> => {
  try {
    await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
    await chmod(directory, PRIVATE_DIRECTORY_MODE);
  } catch (cause) {
    throw new MasqError(
      "MASQ_DIRECTORY_INVALID",
      `The directory ${directory} cannot be used (${errorCode(cause) ?? "unknown reason"}). Nothing was changed.`,
      { cause },
    );
  }
};

/** The file's bytes; undefined when there is none. */
export const readPrivateFile = async (file: string): Promise<Uint8Array | undefined> => {
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    if (errorCode(cause) === "ENOENT") return undefined;
    throw new MasqError("MASQ_DIRECTORY_INVALID", `The file ${file} cannot be read.`, { cause });
  }
};

const syncPath = async (path: string): Promise<void> => {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Replaces the file by `bytes`, durably; a crash leaves the old or the new one. */
export const writePrivateFile = async (file: string, bytes: Uint8Array): Promise<void> => {
  const draft = join(dirname(file), `.${randomBytes(8).toString("hex")}.new`);
  try {
    const handle = await open(draft, "wx", PRIVATE_FILE_MODE);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    // Windows has no way to flush a directory.
    if (process.platform !== "win32") await syncPath(dirname(file));
  } catch (cause) {
    await unlink(draft).catch(() => {});
    throw new MasqError(
      "MASQ_DIRECTORY_INVALID",
      `The file ${file} cannot be written (${errorCode(cause) ?? "unknown reason"}).`,
      {
        cause,
      },
    );
  }
};

/** Removes the file; nothing happens when there is none. */
export const removePrivateFile = async (file: string): Promise<void> => {
  await unlink(file).catch((error: unknown) => {
    if (errorCode(error) !== "ENOENT") throw error;
  });
};

/** Whether others than the owner may look into it. Always false where modes mean nothing. */
export const isOpenToOthers = async (path: string): Promise<boolean> =>
  process.platform !== "win32" && ((await stat(path)).mode & 0o077) !== 0;
