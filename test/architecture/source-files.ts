/** The project's source files and the imports in them, as text. */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Specifiers of static and dynamic imports and re-exports. */
  readonly imports: readonly string[];
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|(?:^|\n)\s*import\s*["']([^"']+)["']/g;

const importsOf = (text: string): string[] =>
  [...text.matchAll(IMPORT)].map((match) => (match[1] ?? match[2] ?? match[3]) as string);

/** Files git tracks or would track. */
export const listFiles = (): string[] =>
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\n")
    .filter((path) => path !== "");

const read = (path: string): string | undefined => {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return undefined; // Deleted, and not yet committed as such.
  }
};

export const sourceFiles = (): SourceFile[] =>
  listFiles()
    .filter((path) => /\.(?:ts|tsx|mjs|js)$/.test(path))
    .flatMap((path) => {
      const text = read(path);
      return text === undefined ? [] : [{ path, text, imports: importsOf(text) }];
    });

/** A relative import as a path from the root. */
export const resolveImport = (from: string, specifier: string): string =>
  relative(root, join(root, dirname(from), specifier));
