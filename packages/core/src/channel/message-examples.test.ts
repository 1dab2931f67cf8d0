/** The examples of docs/channel.md, "Messages", byte for byte. */
import { describe, it } from "vitest";
import { equal } from "../testing/expect.ts";
import { MessageJoiner, splitMessage } from "./message-stream.ts";

const filled = (length: number): Uint8Array => new Uint8Array(length).fill(0xaa);
const data = (flag: number, length: number): Uint8Array =>
  Uint8Array.from([flag, ...filled(length)]);

const EXAMPLES: readonly (readonly [message: Uint8Array, records: readonly Uint8Array[]])[] = [
  [new Uint8Array(0), [Uint8Array.of(1)]],
  [new TextEncoder().encode("hi"), [Uint8Array.of(1, 0x68, 0x69)]],
  [filled(65_395), [data(1, 65_395)]],
  [filled(65_396), [data(0, 65_395), data(1, 1)]],
  [filled(130_790), [data(0, 65_395), data(1, 65_395)]],
];

describe("the examples of messages in records", () => {
  it("are what is sent and understood", () => {
    for (const [message, records] of EXAMPLES) {
      equal(splitMessage(message), records);
      const joiner = new MessageJoiner(message.length);
      const joined = records.map((record) => joiner.push(record));
      equal(joined.at(-1), message);
      equal(
        joined.slice(0, -1),
        records.slice(1).map(() => undefined),
      );
    }
  });
});
