/** The example app Favourites beside the story: a page that holds its data itself, on two devices of the same person. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const server = fileURLToPath(new URL("../favourites/serve.ts", import.meta.url));

export interface Served {
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves the app in a process of its own; undefined when it cannot, as when its port is taken. */
export const serveFavourites = async (options: {
  readonly syncService: string;
  readonly port: number;
}): Promise<Served | undefined> => {
  const args = [server, "--sync-service", options.syncService, "--port", String(options.port)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  const gone = once(child, "exit");
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), "line").then(([text]) => String(text)),
    gone.then(() => ""),
  ]);
  const [url] = /http:\S+/.exec(line) ?? [];
  if (url === undefined) return undefined;
  return {
    url,
    async stop() {
      child.kill();
      await gone;
    },
  };
};

export interface Answers {
  readonly page: boolean;
  readonly script: boolean;
  /** Where the page is told that devices meet. */
  readonly syncService: unknown;
}

/** Asks for what a browser asks for first. */
export const askFor = async (url: string): Promise<Answers> => {
  const textAt = async (path: string): Promise<string> => {
    const response = await fetch(new URL(path, url));
    return response.ok ? response.text() : "";
  };
  const page = await textAt("/");
  const [, script = "/none"] = /<script[^>]* src="([^"]+)"/.exec(page) ?? [];
  const configuration = JSON.parse((await textAt("/config.json")) || "{}") as object;
  return {
    page: page.includes("<masq-connect>"),
    script: (await textAt(script)).length > 0,
    syncService: "syncService" in configuration ? configuration.syncService : undefined,
  };
};

const MAC = "/Applications";
const CHROMIUMS = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "brave-browser",
  "microsoft-edge",
  `${MAC}/Google Chrome.app/Contents/MacOS/Google Chrome`,
  `${MAC}/Chromium.app/Contents/MacOS/Chromium`,
];
const FIREFOXES = ["firefox", `${MAC}/Firefox.app/Contents/MacOS/firefox`];

const isInstalled = (program: string): boolean =>
  program.startsWith("/")
    ? existsSync(program)
    : (process.env["PATH"] ?? "")
        .split(delimiter)
        .some((folder) => existsSync(join(folder, program)));

const quoted = (text: string): string => (/[^\w./:=,-]/.test(text) ? `'${text}'` : text);

/** Commands that open `url` in a profile of its own, in `directory`, one for each kind of browser that is installed. */
export const profileCommands = async (directory: string, url: string): Promise<string[]> => {
  // Chromium's sandbox does not work for root.
  const isRoot = process.getuid?.() === 0;
  const chromium = ["--no-first-run", "--window-size=430,900", ...(isRoot ? ["--no-sandbox"] : [])];
  const [a, b] = [join(directory, "chromium"), join(directory, "firefox")];
  // Firefox takes no profile that is not there.
  await mkdir(b, { recursive: true });
  const ways = [
    { programs: CHROMIUMS, args: [`--user-data-dir=${a}`, ...chromium, url] },
    { programs: FIREFOXES, args: ["--no-remote", "--profile", b, url] },
  ];
  const commands = ways.flatMap(({ programs, args }) => {
    const program = programs.find(isInstalled);
    return program === undefined ? [] : [[program, ...args].map(quoted).join(" ")];
  });
  return commands.length > 0 ? commands : [`YOUR-BROWSER --user-data-dir=${quoted(a)} ${url}`];
};
