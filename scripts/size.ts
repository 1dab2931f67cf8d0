/** `npm run size`: what @masq/client costs a web page, minified and compressed. Fails above the budgets. */
import { gzipSync } from "node:zlib";
import { bundleClient, bundleForBrowsers, CONNECT_ENTRY } from "./bundle-client.ts";

/** Bytes, gzip level 9: what every page loads, the client in store mode with its Noise core. */
export const CLIENT_BUDGET_BYTES = 35_000;
/** What a page without a store loads on top: replica, synchronisation, channel with ML-KEM, IndexedDB, the way into a store. */
export const PEER_BUDGET_BYTES = 77_000;

const compressedSize = (code: string): number => gzipSync(code, { level: 9 }).length;

export interface ClientSize {
  readonly client: number;
  readonly peer: number;
  /** For the picture of an invitation link, when one is made. */
  readonly qr: number;
}

export const clientSize = async (): Promise<ClientSize> => {
  const chunks = await bundleClient();
  const sizeOf = (isWanted: (chunk: (typeof chunks)[number]) => boolean): number =>
    chunks.filter(isWanted).reduce((sum, { code }) => sum + compressedSize(code), 0);
  return {
    client: sizeOf(({ isDynamicEntry }) => !isDynamicEntry),
    peer: sizeOf(({ isDynamicEntry, name }) => isDynamicEntry && name !== "qr"),
    qr: sizeOf(({ name }) => name === "qr"),
  };
};

/** Bytes, gzip level 9: what `<masq-connect>` may bring with it, all of it. */
export const CONNECT_BUDGET_BYTES = 25_000;

export const connectSize = async (): Promise<number> => {
  const chunks = await bundleForBrowsers({ connect: CONNECT_ENTRY });
  return compressedSize(chunks.map(({ code }) => code).join("\n"));
};

if (import.meta.main) {
  const { client, peer, qr } = await clientSize();
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
  console.log(
    `@masq/client, compressed: ${kilobytes(client)} for every page (budget ${kilobytes(CLIENT_BUDGET_BYTES)}), ` +
      `${kilobytes(peer)} more without a store (budget ${kilobytes(PEER_BUDGET_BYTES)}), ${kilobytes(qr)} for a QR code`,
  );
  const connect = await connectSize();
  console.log(
    `@masq/client/connect, compressed: ${kilobytes(connect)} (budget ${kilobytes(CONNECT_BUDGET_BYTES)})`,
  );
  if (client > CLIENT_BUDGET_BYTES || peer > PEER_BUDGET_BYTES || connect > CONNECT_BUDGET_BYTES)
    process.exitCode = 1;
}
