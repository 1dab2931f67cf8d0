/** Files only their owner may read: directories 0700, files 0600, written whole or not at all. */
import {
  chmod,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  unlink,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { randomBytes } from "node:crypto";
import { MasqError } from "@masq/core";

export const PRIVATE_FILE_MODE = 0o600;
export const PRIVATE_DIRECTORY_MODE = 0o700;

/** A file on its way to its name. It lives for milliseconds, unless the process is killed meanwhile. */
const DRAFT = /^\.[0-9a-f]{16}\.new$/;
const STALE_DRAFT_MS = 60 * 60 * 1000;

const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error ? String(error.code) : undefined;

/**
 * Makes the directory if need be, closes it to everybody else, and removes what a crash left half-written there. One
 * that is open to others and holds files that are not ours (none is, by `isOurs`) is left alone. Throws
 * MASQ_DIRECTORY_INVALID.
 */
export const preparePrivateDirectory = async (
  directory: string,
  isOurs: (name: string) => boolean,
): Promise<void> => {
  try {
    await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
    const names = await readdir(directory);
    if ((await isOpenToOthers(directory)) && names.length > 0 && !names.some(isOurs)) {
      throw new MasqError(
        "MASQ_DIRECTORY_INVALID",
        `The directory ${directory} is open to others and holds other files. Nothing was changed. Choose another one.`,
      );
    }
    await chmod(directory, PRIVATE_DIRECTORY_MODE);
    await removeStaleDrafts(directory, names);
  } catch (cause) {
    if (cause instanceof MasqError) throw cause;
    throw new MasqError(
      "MASQ_DIRECTORY_INVALID",
      `The directory ${directory} cannot be used (${errorCode(cause) ?? "unknown reason"}). Nothing was changed.`,
      { cause },
    );
  }
};

/** Drafts hold keys, so none is to lie about; one that another process may still be writing stays. */
const removeStaleDrafts = async (directory: string, names: readonly string[]): Promise<void> => {
  for (const name of names.filter((each) => DRAFT.test(each))) {
    const file = join(directory, name);
    // Another process may have removed it, or it is none of ours after all: then it stays as it is.
    const found = await lstat(file).catch(() => undefined);
    const isStale = found?.isFile() === true && Date.now() - found.mtimeMs > STALE_DRAFT_MS;
    if (isStale) await unlink(file).catch(() => {});
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
export const writePrivateFile = (file: string, bytes: Uint8Array): Promise<void> =>
  putPrivateFile(file, bytes, rename);

/**
 * The file's bytes, which are `bytes` if there was no file before. Of several processes that get here at once one
 * decides for all: nobody goes on with a key that somebody else has replaced.
 */
export const readOrCreatePrivateFile = async (
  file: string,
  bytes: () => Uint8Array,
): Promise<Uint8Array> => {
  const found = await readPrivateFile(file);
  if (found !== undefined) return found;
  // A link fails where a rename would replace: only the first of several becomes the file.
  await putPrivateFile(file, bytes(), async (draft) => {
    await link(draft, file).catch((error: unknown) => {
      if (errorCode(error) !== "EEXIST") throw error;
    });
    await unlink(draft);
  });
  return (await readPrivateFile(file)) as Uint8Array;
};

const putPrivateFile = async (
  file: string,
  bytes: Uint8Array,
  place: (draft: string, file: string) => Promise<void>,
): Promise<void> => {
  const draft = join(dirname(file), `.${randomBytes(8).toString("hex")}.new`);
  try {
    const handle = await open(draft, "wx", PRIVATE_FILE_MODE);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await place(draft, file);
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
