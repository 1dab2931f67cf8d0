/** A real Chromium for the tests of pages, and the pages it is shown. */
import { mkdir, writeFile } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server as HttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext } from "playwright-core";
import { bundleClient, type Chunk } from "../../scripts/bundle-client.ts";

/** Where the test command found a browser; the tests that need one are skipped without it. */
export const browserPath: string | undefined = process.env["CHROMIUM_PATH"];

/** What a skipped test says in its name. */
export const withoutBrowser = "(skipped: no Chromium on this machine)";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A page that is no secure context, and ones of the public web, without a network.
  "--host-resolver-rules=MAP *.test 127.0.0.1",
];

const options = () => ({ executablePath: browserPath as string, args: ARGUMENTS });

export const launchBrowser = (): Promise<Browser> => chromium.launch(options());

/** Pages from these ports came over the network: they may not reach this computer just like that. */
const publicOptions = (ports: readonly number[], display?: string) => ({
  ...options(),
  headless: display === undefined,
  env: { ...process.env, ...(display !== undefined && { DISPLAY: display }) },
  args: [
    ...ARGUMENTS,
    `--ip-address-space-overrides=${ports.map((port) => `127.0.0.1:${port}=public`).join(",")}`,
    "--ignore-certificate-errors",
  ],
});

/**
 * A browser to which pages from this port came over the network. With a window if it is given the `display` for one;
 * without, it takes every question to its person for answered by no.
 */
export const launchPublic = (port: number, display?: string): Promise<Browser> =>
  chromium.launch(publicOptions([port], display));

/** A browser whose profile is in `directory`: what its pages keep goes to the disk, as it does not without one. */
export const launchProfile = (directory: string): Promise<BrowserContext> =>
  chromium.launchPersistentContext(directory, options());

/** What its owner has set for all sites, by Chromium's names; `profile` is an empty directory. */
const setForAll = async (profile: string, settings: Record<string, number>): Promise<void> => {
  await mkdir(join(profile, "Default"));
  const preferences = { profile: { default_content_setting_values: settings } };
  await writeFile(join(profile, "Default", "Preferences"), JSON.stringify(preferences));
};
const ALLOWED = 1;
const FORBIDDEN = 2;

/** A browser whose owner has forbidden pages to keep anything; `profile` is an empty directory. */
export const launchForbidding = async (profile: string): Promise<BrowserContext> => {
  await setForAll(profile, { cookies: FORBIDDEN });
  return launchProfile(profile);
};

/**
 * As `launchPublic`, with what frames of other sites keep in a place of its own, as Chromium has it and Playwright does
 * not; its owner lets all pages reach this computer, or none. What a driver grants would count in every frame.
 */
export const launchPublicProfile = async (
  profile: string,
  ports: readonly number[],
  isAllowed: boolean,
): Promise<BrowserContext> => {
  await setForAll(profile, { loopback_network: isAllowed ? ALLOWED : FORBIDDEN });
  const { args, ...others } = publicOptions(ports);
  return chromium.launchPersistentContext(profile, {
    ...others,
    // The last of its kind counts, and Playwright's would disable that.
    args: [...args, "--disable-features=Translate"],
    ignoreHTTPSErrors: true,
  });
};

export interface AppServer {
  readonly origin: string;
  readonly port: number;
  close(): Promise<void>;
}

/** A certificate that no browser trusts, for `public.test`. */
const makeCertificate = (): { readonly cert: Buffer; readonly key: Buffer } => {
  const directory = mkdtempSync(join(tmpdir(), "masq-certificate-"));
  try {
    const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const subject = ["-subj", "/CN=public.test", "-addext", "subjectAltName=DNS:public.test"];
    const files = ["-keyout", key, "-out", cert];
    execFileSync("openssl", ["req", "-x509", ...curve, "-days", "2", ...subject, ...files], {
      stdio: "ignore",
    });
    return { cert: readFileSync(cert), key: readFileSync(key) };
  } finally {
    rmSync(directory, { recursive: true });
  }
};

/** Serves the page at `/` and the modules it loads by their file names; over https at a name of the public web, if so asked. */
export const servePage = async (
  page: string,
  chunks: readonly Chunk[],
  isPublic = false,
): Promise<AppServer> => {
  const codeByPath = new Map(chunks.map(({ fileName, code }) => [`/${fileName}`, code]));
  const answer: RequestListener = (request, response) => {
    const code = codeByPath.get(request.url ?? "/");
    response.writeHead(200, {
      "content-type": code === undefined ? "text/html; charset=utf-8" : "text/javascript",
    });
    response.end(code ?? page);
  };
  const server: HttpServer = isPublic
    ? createTlsServer(makeCertificate(), answer)
    : createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: isPublic ? `https://public.test:${port}` : `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

/** The page of an app: the client library as bundled for browsers, and for the test a global by which to reach it. */
const PAGE = `<!doctype html><title>An app</title><h1>An app</h1>
<script type="module">
  import { MasqClient } from "./masq-client.js";
  globalThis.MasqClient = MasqClient;
</script>`;

export const serveApp = async (isPublic = false): Promise<AppServer> =>
  servePage(PAGE, await bundleClient(), isPublic);
