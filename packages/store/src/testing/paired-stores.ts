/** Two real stores get to know each other as their owner would do it, on the command line. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { masqBinary } from "./store-process.ts";

const masq = (directory: string, args: readonly string[]) =>
  spawn(process.execPath, [masqBinary, ...args, "--json", "--data-dir", directory], {
    stdio: ["pipe", "pipe", "inherit"],
  });

/** Runs a command on the store of a directory and reads its answer; rejects when it fails. */
export const runMasq = async (directory: string, ...args: readonly string[]): Promise<unknown> => {
  const child = masq(directory, args);
  child.stdin.end();
  const out: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => out.push(text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`masq ${args.join(" ")} ended with exit code ${String(code)}.`);
  return JSON.parse(out.join("").trimEnd().split("\n").at(-1) ?? "null");
};

/** One makes a link, the other joins by it. Resolves when both have agreed and kept it. */
export const pairStores = async (inviting: string, joining: string): Promise<void> => {
  const child = masq(inviting, ["invite", "--yes"]);
  child.stdin.end();
  const ended = once(child, "close") as Promise<[number | null]>;
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line")) as [string];
  const { link } = JSON.parse(line) as { link: string };
  await runMasq(joining, "join", link, "--yes");
  const [code] = await ended;
  if (code !== 0) throw new Error(`The invitation ended with exit code ${String(code)}.`);
};
