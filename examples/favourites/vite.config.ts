import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { dataFiles } from "./build/data-files.ts";
import { serviceWorker } from "./build/service-worker.ts";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  logLevel: "warn",
  resolve: { conditions: ["@masq/source", "browser", "import", "default"] },
  plugins: [dataFiles(), serviceWorker()],
  // No data: addresses, so that the page's Content-Security-Policy can stay at 'self'.
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
