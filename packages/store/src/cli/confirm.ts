/** Asking the owner, where there is a terminal to ask on. */
import { createInterface } from "node:readline/promises";
import type { Context } from "./context.ts";

export const canAsk = ({ json }: Context): boolean =>
  process.stdin.isTTY && process.stderr.isTTY && !json;

export const confirm = async (question: string): Promise<boolean> =>
  /^y(?:es)?$/i.test(await ask(question));

/** A line of text; empty at the end of the input, and after Ctrl-C. */
export const ask = async (question: string): Promise<string> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  try {
    return (await Promise.race([lines.question(question), ended])).trim();
  } finally {
    lines.close();
  }
};
