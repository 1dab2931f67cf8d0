/** Asking the owner, where there is a terminal to ask on. */
import { createInterface } from "node:readline/promises";
import type { Context } from "./context.ts";

export const canAsk = ({ json }: Context): boolean =>
  process.stdin.isTTY && process.stderr.isTTY && !json;

export const confirm = async (question: string): Promise<boolean> =>
  /^y(?:es)?$/i.test(await ask(question));

interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** What Ctrl-C does, which the terminal gives to the question instead of the program. */
  readonly interrupt: () => void;
}

const OWN_TERMINAL: Terminal = {
  input: process.stdin,
  output: process.stderr,
  interrupt: () => process.kill(process.pid, "SIGINT"),
};

/** A line of text; empty at the end of the input. Ctrl-C ends the program as it does where nothing is asked. */
export const ask = async (
  question: string,
  { input, output, interrupt }: Terminal = OWN_TERMINAL,
): Promise<string> => {
  const lines = createInterface({ input, output });
  const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  lines.once("SIGINT", () => {
    // The terminal is as it was before whoever takes the signal ends the program.
    lines.close();
    interrupt();
  });
  try {
    return (await Promise.race([lines.question(question), ended])).trim();
  } finally {
    lines.close();
  }
};
