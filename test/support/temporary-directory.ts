/** A directory for one test file, gone afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

let made: string[] = [];

export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "masq-test-"));
  if (made.length === 0) {
    afterAll(() => {
      for (const one of made) rmSync(one, { recursive: true, force: true });
      made = [];
    });
  }
  made.push(directory);
  return directory;
};
