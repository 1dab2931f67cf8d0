/** Builds @masq/client for browsers into ES modules, as an app's own bundler would. */
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A file of a bundle. */
export interface Chunk {
  readonly fileName: string;
  /** What it was made of: `masq-client`, `peer-mode`, `qr`, or a part that others share. */
  readonly name: string;
  /** A page loads it when it needs it; all others at once. */
  readonly isDynamicEntry: boolean;
  /** Minified. */
  readonly code: string;
}

/**
 * All that a page may load for these modules, by the names given to them: it imports `<name>.js`. Nothing is written to
 * disk.
 */
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
      // Vite leaves white space in libraries, to be removed when they are bundled into an app, which nobody does here.
      rollupOptions: {
        // As when an app is bundled: what the parts loaded later share stays in the entry, not in a file beside it.
        preserveEntrySignatures: "allow-extension",
        output: { minify: { compress: true, mangle: true, codegen: { removeWhitespace: true } } },
      },
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
export const CONNECT_ENTRY = "packages/client/src/connect-ui/index.ts";

/** The client: a page imports `masq-client.js`. */
export const bundleClient = (): Promise<Chunk[]> =>
  bundleForBrowsers({ "masq-client": CLIENT_ENTRY });
