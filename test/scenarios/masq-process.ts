/** The built command line as a child process, for scenarios. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const PROGRAM = fileURLToPath(new URL("../../packages/store/bin/masq.js", import.meta.url));
const children = new Set<ChildProcess>();

export const launch = (
  directory: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): ChildProcess => {
  const env = {
    ...process.env,
    MASQ_DATA_DIR: directory,
    NO_COLOR: "1",
    FORCE_COLOR: undefined,
    // However the tests were started, this is not started through npx.
    npm_command: undefined,
    ...variables,
  };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env });
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
};

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export const outcomeOf = async (child: ChildProcess): Promise<Outcome> => {
  let out = "";
  let err = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (err += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
};

/** Resolves when a command has said so on stderr. */
export const said = (child: ChildProcess, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    let all = "";
    child.stderr?.on("data", (piece: Buffer | string) => {
      all += String(piece);
      if (all.includes(text)) resolve();
    });
    child.once("close", () => reject(new Error(`It ended without "${text}": ${all}`)));
  });

export interface Running {
  readonly port: number;
  readonly pid: number;
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
}

/** Resolves when the store says that it is ready. */
export const start = async (directory: string, ...args: readonly string[]): Promise<Running> => {
  const child = launch(directory, ["start", "--port", "0", "--json", ...args]);
  const ended = outcomeOf(child);
  const ready = once(child.stdout as NodeJS.ReadableStream, "data").then(([text]) => String(text));
  const line = await Promise.race([
    ready,
    ended.then(({ err }) => {
      throw new Error(`The store did not start: ${err}`);
    }),
  ]);
  const { port, pid } = JSON.parse(line) as { port: number; pid: number };
  return { port, pid, child, ended };
};

export interface Cli {
  (...args: readonly string[]): Promise<Outcome>;
  /** The answer of a command that must succeed. */
  json(...args: readonly string[]): Promise<unknown>;
  withInput(input: string, ...args: readonly string[]): Promise<Outcome>;
}

export const cliFor = (directory: string): Cli => {
  const run = (args: readonly string[], input = ""): Promise<Outcome> => {
    const child = launch(directory, args);
    child.stdin?.end(input);
    return outcomeOf(child);
  };
  return Object.assign((...args: readonly string[]) => run(args), {
    json: async (...args: readonly string[]): Promise<unknown> => {
      const { code, out, err } = await run([...args, "--json"]);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      return JSON.parse(out);
    },
    withInput: (input: string, ...args: readonly string[]) => run(args, input),
  });
};

/** For a test that ended before its children did. */
export const killAll = (): void => {
  for (const child of children) child.kill("SIGKILL");
};
