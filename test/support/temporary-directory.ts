/** A directory for one test file, gone afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];

// While the file is read: a hook that a running test registers is never called. It is the last to run, after those that
// end the processes which write there.
afterAll(() => {
  for (const one of made) rmSync(one, { recursive: true, force: true, maxRetries: 5 });
});

export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "masq-test-"));
  made.push(directory);
  return directory;
};
