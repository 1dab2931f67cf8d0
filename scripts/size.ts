/** `npm run size`: what @masq/client costs a web page, minified and compressed. Fails above the budget. */
import { gzipSync } from "node:zlib";
import { bundleClient } from "./bundle-client.ts";

/** Bytes, gzip level 9: the client in store mode with its Noise core. */
export const CLIENT_BUDGET_BYTES = 35_000;

export const clientSize = async (): Promise<{
  readonly minified: number;
  readonly compressed: number;
}> => {
  const code = await bundleClient();
  return { minified: Buffer.byteLength(code), compressed: gzipSync(code, { level: 9 }).length };
};

if (import.meta.main) {
  const { minified, compressed } = await clientSize();
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
  console.log(
    `@masq/client: ${kilobytes(compressed)} compressed (${kilobytes(minified)} minified), budget ${kilobytes(CLIENT_BUDGET_BYTES)}`,
  );
  if (compressed > CLIENT_BUDGET_BYTES) process.exitCode = 1;
}
