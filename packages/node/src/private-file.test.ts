import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  preparePrivateDirectory,
  readOrCreatePrivateFile,
  writePrivateFile,
} from "./private-file.ts";

const root = mkdtempSync(join(tmpdir(), "masq-private-"));
const HOUR_MS = 3_600_000;

afterAll(() => rmSync(root, { recursive: true, force: true }));

const newDirectory = (name: string): string => {
  const directory = join(root, name);
  mkdirSync(directory, { mode: 0o700 });
  return directory;
};

const write = (directory: string, name: string, ageMs: number): void => {
  const file = join(directory, name);
  writeFileSync(file, "secret");
  const then = (Date.now() - ageMs) / 1000;
  utimesSync(file, then, then);
};

const prepare = (directory: string): Promise<void> =>
  preparePrivateDirectory(directory, () => true);

describe("a private directory", () => {
  it("is rid of drafts that a crash left behind, and of nothing else", async () => {
    const directory = newDirectory("left");
    const kept = ["app.key", ".new", ".0123456789abcdef.new.txt", ".0123456789ABCDEF.new", "x.new"];
    for (const name of kept) write(directory, name, 2 * HOUR_MS);
    write(directory, ".0123456789abcdef.new", 2 * HOUR_MS);
    mkdirSync(join(directory, ".fedcba9876543210.new"));
    utimesSync(join(directory, ".fedcba9876543210.new"), 0, 0);
    await prepare(directory);
    expect(readdirSync(directory).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      [...kept, ".fedcba9876543210.new"].toSorted((a, b) => (a < b ? -1 : 1)),
    );
  });

  it("keeps a draft that another process may be writing just now", async () => {
    const directory = newDirectory("young");
    write(directory, ".0123456789abcdef.new", 1000);
    // As after the computer's clock was set back.
    write(directory, ".1123456789abcdef.new", -HOUR_MS);
    await prepare(directory);
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it("that is open to others and holds other files is left alone, drafts included", async () => {
    const directory = join(root, "open");
    mkdirSync(directory, { mode: 0o755 });
    write(directory, ".0123456789abcdef.new", 2 * HOUR_MS);
    await expect(preparePrivateDirectory(directory, () => false)).rejects.toMatchObject({
      code: "MASQ_DIRECTORY_INVALID",
    });
    expect(existsSync(join(directory, ".0123456789abcdef.new"))).toBe(true);
  });

  it("is left without drafts by those that write in it", async () => {
    const directory = newDirectory("written");
    const file = join(directory, "one.key");
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        readOrCreatePrivateFile(file, () => Uint8Array.of(index)),
      ),
    );
    await writePrivateFile(join(directory, "one.grant"), Uint8Array.of(1));
    expect(readdirSync(directory).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "one.grant",
      "one.key",
    ]);
  });
});
