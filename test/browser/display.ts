/** A screen that nobody sees, for what browsers do only in a window: to ask their person, and wait. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { Needed } from "./engine.ts";

/** Where the test command found it. */
const path: string | undefined = process.env["XVFB_PATH"];

export const xvfb: Needed = { name: "Xvfb", path };

export interface Display {
  /** As `DISPLAY` has it. */
  readonly name: string;
  close(): Promise<void>;
}

/** On a free number, which Xvfb finds itself and tells by its descriptor 3 once it can be used. */
export const openDisplay = async (): Promise<Display> => {
  const child = spawn(path as string, ["-displayfd", "3", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  const told = once(child.stdio[3] as Readable, "data") as Promise<[Buffer]>;
  const number = await Promise.race([
    told.then(([text]) => text.toString().trim()),
    exited.then(([code]) => {
      throw new Error(`Xvfb ended with ${code} before there was a screen.`);
    }),
  ]);
  return {
    name: `:${number}`,
    async close() {
      child.kill();
      await exited;
    },
  };
};
