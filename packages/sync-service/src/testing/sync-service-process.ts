/** A real sync service in a process of its own, in clear on loopback, for tests, benches and examples. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface SyncServiceProcess {
  readonly port: number;
  /** `ws://127.0.0.1:port` */
  readonly url: string;
  readonly pid: number;
  /** Stops it as Ctrl-C would and waits until it has gone. Idempotent. */
  stop(): Promise<void>;
  /** Kills it as a crash would and waits until it has gone. Idempotent. */
  kill(): Promise<void>;
}

const program = fileURLToPath(new URL("../../bin/masq-sync-service.js", import.meta.url));

/** Resolves when it accepts connections; `port` 0 takes any free one. Further arguments are those of the command line. */
export const startSyncServiceProcess = async (
  port = 0,
  ...args: readonly string[]
): Promise<SyncServiceProcess> => {
  const command = [program, "--listen", `127.0.0.1:${port}`, "--log-level", "error", ...args];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const ready = await Promise.race([
    once(lines, "line").then(([text]) => String(text)),
    once(child, "exit").then(([code]) => {
      throw new Error(`The sync service did not start (exit code ${String(code)}).`);
    }),
  ]);
  const url = /ws:\/\/\S+$/.exec(ready)?.[0] as string;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  };
  return {
    port: Number(url.split(":").at(-1)),
    url,
    pid: child.pid as number,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
};
