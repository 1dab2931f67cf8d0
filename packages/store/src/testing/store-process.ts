/**
 * A real store in a process of its own, for the tests of apps and of Masq itself (`@masq/store/testing`). It runs
 * `masq start` on a directory the caller names and a port the system chooses.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface StoreProcessOptions {
  readonly directory: string;
  /** Default: one the system chooses. */
  readonly port?: number | undefined;
  /** Ids of native apps that get access without being asked about. */
  readonly allow?: readonly string[] | undefined;
  /** Where it meets other stores. */
  readonly syncService?: string | undefined;
  /** Environment variables of the process, beside those of this one. */
  readonly variables?: NodeJS.ProcessEnv | undefined;
}

export interface StoreProcess {
  readonly port: number;
  /** `ws://127.0.0.1:port` */
  readonly url: string;
  readonly pid: number;
  /** Stops it as Ctrl-C would and waits until it has gone. Idempotent. */
  stop(): Promise<void>;
  /** Kills it as a crash would and waits until it has gone. Idempotent. */
  kill(): Promise<void>;
}

/** `bin/masq.js` of this package. */
export const masqBinary: string = fileURLToPath(new URL("../../bin/masq.js", import.meta.url));

/** Resolves when the store accepts connections; rejects when it ends before. */
export const startStoreProcess = async (options: StoreProcessOptions): Promise<StoreProcess> => {
  const { directory, port = 0, allow = [], syncService, variables } = options;
  const args = ["start", "--json", "--data-dir", directory, "--port", String(port)];
  for (const id of allow) args.push("--allow", id);
  if (syncService !== undefined) args.push("--sync-service", syncService);
  const child = spawn(process.execPath, [masqBinary, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...variables },
  });
  const ready = await firstLine(child);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  };
  return {
    port: ready.port,
    url: `ws://127.0.0.1:${ready.port}`,
    pid: child.pid as number,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
};

const firstLine = async (child: ChildProcess): Promise<{ readonly port: number }> => {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const line = await Promise.race([
    once(lines, "line").then(([text]) => String(text)),
    once(child, "exit").then(([code]) => {
      throw new Error(`The store did not start (exit code ${String(code)}).`);
    }),
  ]);
  return JSON.parse(line) as { port: number };
};
