/** Vite plugin: writes the service worker with the names of all files of the app in it. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const PUBLIC = fileURLToPath(new URL("../public/", import.meta.url));

export const serviceWorker = (): Plugin => ({
  name: "service-worker",
  // After the files it names have their final names.
  generateBundle: {
    order: "post",
    handler(_options, bundle) {
      const hash = createHash("sha256");
      const files = ["/", ...readdirSync(PUBLIC).map((file) => `/${file}`)];
      for (const [name, file] of Object.entries(bundle)) {
        hash.update(name).update(file.type === "chunk" ? file.code : file.source);
        if (name !== "index.html") files.push(`/${name}`);
      }
      for (const file of readdirSync(PUBLIC)) hash.update(readFileSync(`${PUBLIC}${file}`));
      const template = readFileSync(new URL("service-worker.js", import.meta.url), "utf8");
      const source = template
        .replace('"VERSION"', JSON.stringify(hash.digest("hex").slice(0, 16)))
        .replace('["FILES"]', JSON.stringify(files));
      this.emitFile({ type: "asset", fileName: "service-worker.js", source });
    },
  },
});
