/** Child processes that say in one line of JSON when they are ready, and stop when their input ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export interface Child<Ready> {
  /** What its first line said. */
  readonly ready: Ready;
  /** Memory it has resident now, in MB (Linux only). */
  readonly residentMb: () => number;
  readonly stop: () => Promise<void>;
}

const residentMb = ({ pid }: ChildProcess): number => {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
};

/** Runs a script on this very Node; rejects when it ends before its first line. */
export const startChild = async <Ready>(
  script: string,
  args: readonly string[],
): Promise<Child<Ready>> => {
  // For profiles: `--cpu-prof --cpu-prof-dir=DIRECTORY`.
  const nodeArgs = process.env["MASQ_BENCH_NODE_ARGS"]?.split(" ") ?? [];
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines = createInterface(child.stdout);
  const [line] = (await Promise.race([
    once(lines, "line"),
    exited.then(() => Promise.reject(new Error(`${script} ended before it was ready`))),
  ])) as [string];
  return {
    ready: JSON.parse(line) as Ready,
    residentMb: () => residentMb(child),
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
};
