/** A disk of a few MiB of its own for one test file, so that it can be full. Needs Linux and the right to mount. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

export interface SmallDisk {
  readonly directory: string;
  /** Why there is no such disk here; undefined when there is. */
  readonly trouble: string | undefined;
  /** For a test's name, so that a skipped one says why. */
  readonly suffix: string;
}

const mount = (directory: string, mebibytes: number): string | undefined => {
  if (process.platform !== "linux") return "needs Linux";
  try {
    const options = `size=${mebibytes}m`;
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    const reason = String((error as { stderr?: unknown }).stderr).trim();
    return `cannot mount a small disk: ${reason}`;
  }
};

export const smallDisk = (mebibytes: number): SmallDisk => {
  const directory = mkdtempSync(join(tmpdir(), "masq-full-"));
  const trouble = mount(directory, mebibytes);
  afterAll(() => {
    // Lazily: a test that failed half-way leaves its store open.
    if (trouble === undefined) execFileSync("umount", ["--lazy", directory]);
    rmSync(directory, { recursive: true, force: true });
  });
  return { directory, trouble, suffix: trouble === undefined ? "" : ` (SKIPPED: ${trouble})` };
};
