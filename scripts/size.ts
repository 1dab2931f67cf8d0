/** `npm run size`: what @masq/client costs a web page, minified and compressed. Fails above the budget. */
import { gzipSync } from "node:zlib";
import { bundleClient, bundleForBrowsers, CLIENT_ENTRY } from "./bundle-client.ts";

/** Bytes, gzip level 9: the client in store mode with its Noise core. */
export const CLIENT_BUDGET_BYTES = 35_000;

const compressedSize = (code: string): number => gzipSync(code, { level: 9 }).length;

export const clientSize = async (): Promise<{
  readonly minified: number;
  readonly compressed: number;
}> => {
  const code = await bundleClient();
  return { minified: Buffer.byteLength(code), compressed: compressedSize(code) };
};

/** Bytes, gzip level 9: what a page without a store loads on top, beyond what the client in store mode brings. */
export const browserStorageSize = async (): Promise<number> => {
  const chunks = await bundleForBrowsers({
    "masq-client": CLIENT_ENTRY,
    "indexed-db": "packages/client/src/peer-mode/indexed-db/index.ts",
  });
  const chunk = chunks.find(({ fileName }) => fileName.startsWith("indexed-db"));
  if (chunk === undefined) throw new Error("the bundler made no chunk of the browser's storage");
  return compressedSize(chunk.code);
};

if (import.meta.main) {
  const { minified, compressed } = await clientSize();
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
  console.log(
    `@masq/client: ${kilobytes(compressed)} compressed (${kilobytes(minified)} minified), budget ${kilobytes(CLIENT_BUDGET_BYTES)}`,
  );
  console.log(
    `without a store, loaded when needed: ${kilobytes(await browserStorageSize())} compressed for IndexedDB`,
  );
  if (compressed > CLIENT_BUDGET_BYTES) process.exitCode = 1;
}
