/** docs/invariants.md names tests: each is there, under the title it is named by. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./source-files.ts";

const page = readFileSync(join(root, "docs/invariants.md"), "utf8");

interface Reference {
  readonly path: string;
  readonly title: string;
}

const references: readonly Reference[] = [...page.matchAll(/^ +- `([^`]+)`: (.+)$/gm)].map(
  ([, path, title]) => ({ path: path as string, title: title as string }),
);

const textOf = (path: string): string => {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return "";
  }
};

/** As a whole string literal, in whatever quotes. */
const hasTitle = ({ path, title }: Reference): boolean =>
  ['"', "`", "'"].some((quote) => textOf(path).includes(`${quote}${title}${quote}`));

describe("docs/invariants.md", () => {
  it("names tests that exist under their titles", () => {
    expect(references.length).toBeGreaterThan(60);
    const missing = references
      .filter((reference) => !reference.path.endsWith(".test.ts") || !hasTitle(reference))
      .map(({ path, title }) => `${path}: ${title}`);
    expect(missing).toEqual([]);
  });

  it("numbers its promises in order, and has a test for each", () => {
    const promises = page.split(/^(?=\d+\. )/m).slice(1);
    expect(promises.map((text) => Number.parseInt(text, 10))).toEqual(
      promises.map((_, at) => at + 1),
    );
    const bare = promises.filter((text) => !/^ +- `/m.test(text));
    expect(bare).toEqual([]);
  });
});
