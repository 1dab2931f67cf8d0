/** Builds @masq/client for browsers into one ES module, as an app's own bundler would. */
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The module's text, minified; nothing is written to disk. */
export const bundleClient = async (): Promise<string> => {
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
        entry: `${root}packages/client/src/index.ts`,
        formats: ["es"],
        fileName: "masq-client",
      },
    },
  });
  const outputs = Array.isArray(result) ? result : [result];
  const chunks = outputs.flatMap((output) => ("output" in output ? output.output : []));
  return chunks.flatMap((chunk) => (chunk.type === "chunk" ? [chunk.code] : [])).join("\n");
};
