import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equal, throwsCode } from "../testing/expect.ts";
import { MAX_PIECE_BYTES, MessageJoiner, splitMessage } from "./message-stream.ts";
import { MAX_DATA_BYTES } from "./record.ts";

const MAX_BYTES = 4 * MAX_PIECE_BYTES;

const messageOf = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff);

const lengths = fc.oneof(
  fc.integer({ min: 0, max: MAX_BYTES }),
  fc.constantFrom(0, 1, MAX_PIECE_BYTES - 1, MAX_PIECE_BYTES, MAX_PIECE_BYTES + 1, MAX_BYTES),
);

describe("messages in records", () => {
  it("come back whole, in order, each as it was, and fit into records", () => {
    fc.assert(
      fc.property(fc.array(lengths, { maxLength: 4 }), (all) => {
        const joiner = new MessageJoiner(MAX_BYTES);
        const messages = all.map(messageOf);
        const pieces = messages.flatMap(splitMessage);
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(MAX_DATA_BYTES);
        // Answers of the session may stand anywhere.
        const data = pieces.flatMap((piece) => [piece, new Uint8Array(0)]);
        equal(data.map((one) => joiner.push(one)).filter(Boolean), messages);
      }),
      { numRuns: 40 },
    );
  });

  it("are as many pieces as needed and no more", () => {
    equal(
      [0, 1, MAX_PIECE_BYTES, MAX_PIECE_BYTES + 1, 3 * MAX_PIECE_BYTES].map((length) =>
        splitMessage(messageOf(length)).map(([flag]) => flag),
      ),
      [[1], [1], [1], [0, 1], [0, 0, 1]],
    );
  });

  it("are refused when longer than allowed, before they are complete", () => {
    const joiner = new MessageJoiner(MAX_PIECE_BYTES);
    const [first, second] = splitMessage(messageOf(MAX_PIECE_BYTES + 1)) as [
      Uint8Array,
      Uint8Array,
    ];
    equal(joiner.push(first), undefined);
    throwsCode(() => joiner.push(second), "MASQ_MESSAGE_TOO_LARGE");
    const small = new MessageJoiner(10);
    throwsCode(() => small.push(first), "MASQ_MESSAGE_TOO_LARGE");
  });

  it("are refused when a piece has an unknown flag, or is not full though more follow", () => {
    for (const bad of [
      Uint8Array.of(2),
      Uint8Array.of(0xff, 1, 2),
      Uint8Array.of(0),
      new Uint8Array(MAX_DATA_BYTES - 1),
    ]) {
      throwsCode(() => new MessageJoiner(MAX_BYTES).push(bad), "MASQ_MESSAGE_INVALID");
    }
  });
});
