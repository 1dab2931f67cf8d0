/** Builds @masq/client for browsers into ES modules, as an app's own bundler would. */
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A file of a bundle. */
export interface Chunk {
  readonly fileName: string;
  /** Minified. */
  readonly code: string;
}

/** What a page loads for these modules, by the names given to them, and what they share; nothing is written to disk. */
export const bundleForBrowsers = async (
  entries: Readonly<Record<string, string>>,
): Promise<Chunk[]> => {
  const result = await build({
    root,
    configFile: false,
    logLevel: "warn",
    resolve: { conditions: ["@masq/source", "browser", "import", "default"] },
    build: {
      write: false,
      target: "es2022",
      minify: true,
      lib: {
        entry: Object.fromEntries(
          Object.entries(entries).map(([name, file]) => [name, `${root}${file}`]),
        ),
        formats: ["es"],
      },
    },
  });
  const outputs = Array.isArray(result) ? result : [result];
  const chunks = outputs.flatMap((output) => ("output" in output ? output.output : []));
  return chunks.flatMap((chunk) => (chunk.type === "chunk" ? [chunk] : []));
};

export const CLIENT_ENTRY = "packages/client/src/index.ts";

/** The client in store mode, as one module's text. */
export const bundleClient = async (): Promise<string> => {
  const chunks = await bundleForBrowsers({ "masq-client": CLIENT_ENTRY });
  return chunks.map(({ code }) => code).join("\n");
};
