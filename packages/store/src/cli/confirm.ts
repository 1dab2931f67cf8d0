/** Asking the owner a yes-or-no question, where there is a terminal to ask on. */
import { createInterface } from "node:readline/promises";
import type { Context } from "./context.ts";

export const canAsk = ({ json }: Context): boolean =>
  process.stdin.isTTY && process.stderr.isTTY && !json;

export const confirm = async (question: string): Promise<boolean> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // The end of the input, and Ctrl-C, are a no.
  const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([lines.question(question), ended]);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
};
