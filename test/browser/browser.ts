/** A real Chromium for the tests of pages, and the pages it is shown. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Browser } from "playwright-core";
import { bundleClient } from "../../scripts/bundle-client.ts";

/** Where the test command found a browser; the tests that need one are skipped without it. */
export const browserPath: string | undefined = process.env["CHROMIUM_PATH"];

/** What a skipped test says in its name. */
export const withoutBrowser = "(skipped: no Chromium on this machine)";

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: browserPath as string,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

export interface AppServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** The page of an app: the client library, and for the test a global by which to reach it. */
const PAGE = `<!doctype html><title>An app</title><h1>An app</h1>
<script type="module">
  import { MasqClient } from "./masq-client.js";
  globalThis.MasqClient = MasqClient;
</script>`;

/** Serves that page at `/` and the client library, as bundled for browsers, at `/masq-client.js`. */
export const serveApp = async (): Promise<AppServer> => {
  const script = await bundleClient();
  const server: Server = createServer((request, response) => {
    const isScript = request.url === "/masq-client.js";
    response.writeHead(200, {
      "content-type": isScript ? "text/javascript" : "text/html; charset=utf-8",
    });
    response.end(isScript ? script : PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
