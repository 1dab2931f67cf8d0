/**
 * Builds the programs `masq` and `masq-sync-service`, each into few files: most of the time a short command takes would
 * otherwise go into finding and linking some 250 modules. Packages of others are not bundled but installed beside them.
 */
import { fileURLToPath } from "node:url";
import { build } from "vite";

const bundle = (name: string, entry: string): Promise<unknown> =>
  build({
    root: fileURLToPath(new URL(`../packages/${name}`, import.meta.url)),
    configFile: false,
    logLevel: "warn",
    ssr: {
      noExternal: [/^@masq\//],
      resolve: { conditions: ["@masq/source", "node", "import", "default"] },
    },
    build: {
      ssr: entry,
      outDir: "program",
      target: "node22",
      minify: false,
      rollupOptions: { output: { entryFileNames: "main.js", chunkFileNames: "[name]-[hash].js" } },
    },
  });

await bundle("store", "src/cli/main.ts");
await bundle("sync-service", "src/main.ts");
