/** Child processes that say in one line of JSON when they are ready, and stop when their input ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export interface Child<Ready> {
  /** What its first line said. */
  readonly ready: Ready;
  /** Memory it has resident now, in MB (Linux only). */
  readonly residentMb: () => number;
  /** The most it has ever had resident, in MB (Linux only). */
  readonly peakMb: () => number;
  /** Processor time of all its threads so far, in milliseconds (Linux only). */
  readonly cpuMs: () => number;
  readonly stop: () => Promise<void>;
}

const statusMb = ({ pid }: ChildProcess, field: "VmRSS" | "VmHWM"): number => {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
};

const cpuMs = ({ pid }: ChildProcess): number => {
  const tasks = `/proc/${pid}/task`;
  // In nanoseconds, where /proc/PID/stat counts in hundredths of a second.
  const nanoseconds = readdirSync(tasks).map((task) =>
    Number(readFileSync(`${tasks}/${task}/schedstat`, "latin1").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, time) => sum + time, 0) / 1e6;
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
    residentMb: () => statusMb(child, "VmRSS"),
    peakMb: () => statusMb(child, "VmHWM"),
    cpuMs: () => cpuMs(child),
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
};
