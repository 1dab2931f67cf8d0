import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { ask } from "./confirm.ts";

/** A terminal as far as a question sees one, and what is typed on it. */
const terminal = (typed: string) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let interrupts = 0;
  const answer = ask("The link? ", {
    input,
    output: Object.assign(output, { isTTY: true }),
    interrupt: () => (interrupts += 1),
  });
  input.write(typed);
  return answer.then((text) => ({ text, interrupts }));
};

describe("a question on a terminal", () => {
  it("takes one line, trimmed", async () => {
    expect(await terminal(" masq:pair#x \r")).toEqual({ text: "masq:pair#x", interrupts: 0 });
  });

  it("is answered with nothing when the input ends", async () => {
    expect(await terminal("\u0004")).toEqual({ text: "", interrupts: 0 });
  });

  it("lets Ctrl-C end the program", async () => {
    expect(await terminal("\u0003")).toEqual({ text: "", interrupts: 1 });
  });
});
