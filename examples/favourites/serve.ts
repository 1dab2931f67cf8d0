/** Serves the built app on this computer alone. Its port is fixed, because a web app's origin is its identity. */
import { createServer, type ServerResponse } from "node:http";
import { readFileSync, readdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export const FAVOURITES_PORT = 16279;

/** Where a sync service on this computer listens unless told otherwise. */
const SYNC_SERVICE = "ws://127.0.0.1:16278";

const DIST = fileURLToPath(new URL("dist/", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};

const HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // The rest of the policy is in the page itself, so that it holds wherever the page is served from.
  "content-security-policy": "frame-ancestors 'none'",
};

export interface ServeOptions {
  /** Default: 16279; 0 lets the system choose. */
  readonly port?: number | undefined;
  /** Where the person's devices meet, `wss://host`, or `ws://127.0.0.1:port`; without one the places stay on one device. */
  readonly syncService?: string | undefined;
  /** The store's address for the page, `ws://127.0.0.1:port`; default: the documented ports. */
  readonly store?: string | undefined;
}

/** Every file of the build by its path; nothing else can be asked for. */
const readFiles = (): Map<string, Buffer> => {
  const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return new Map(
    files.map((file) => [`/${relative(DIST, file).split(sep).join("/")}`, readFileSync(file)]),
  );
};

const answer = (response: ServerResponse, path: string, body: Buffer | undefined): void => {
  if (body === undefined) {
    response.writeHead(404, { ...HEADERS, "content-type": "text/plain" }).end("Not found");
    return;
  }
  // Names under assets/ change with their content.
  const cache = path.startsWith("/assets/") ? "max-age=31536000, immutable" : "no-cache";
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  response.writeHead(200, { ...HEADERS, "content-type": type, "cache-control": cache }).end(body);
};

/** Resolves when it listens; rejects when the port is taken or the app was not built. */
export const serveFavourites = async (
  options: ServeOptions = {},
): Promise<{ readonly url: string; close(): Promise<void> }> => {
  const files = readFiles();
  if (!files.has("/index.html"))
    throw new Error("The app is not built: npm run favourites builds it.");
  const { port = FAVOURITES_PORT, ...configuration } = options;
  files.set("/config.json", Buffer.from(JSON.stringify(configuration)));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = pathname === "/" ? "/index.html" : pathname;
    answer(response, path, files.get(path));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

if (import.meta.main) {
  const { values } = parseArgs({
    options: { "sync-service": { type: "string" }, port: { type: "string" } },
  });
  const syncService = values["sync-service"] ?? SYNC_SERVICE;
  const port = Number(values.port ?? FAVOURITES_PORT);
  const { url } = await serveFavourites({ syncService, port });
  console.log(
    `Favourites is at ${url}\nIts devices meet at ${syncService}: npx masq-sync-service --listen 127.0.0.1:16278`,
  );
}
