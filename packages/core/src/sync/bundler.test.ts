import { describe, expect, it } from "vitest";
import { Bundler } from "./bundler.ts";

const bundler = (room = Infinity) => {
  const sent: Uint8Array[] = [];
  return { sent, bundler: new Bundler(32 * 1024, (bundle) => sent.push(bundle) < room) };
};
const message = (length: number, fill = 1): Uint8Array => new Uint8Array(length).fill(fill);

describe("messages that leave at the same time", () => {
  it("leave together, in order", () => {
    const { sent, bundler: small } = bundler();
    small.add(message(2, 1));
    small.add(message(3, 2));
    expect(sent).toEqual([]);
    small.flush();
    expect(sent).toEqual([Uint8Array.of(1, 1, 2, 2, 2)]);
    small.flush();
    expect(sent.length).toBe(1);
  });

  it("leave at once when they are many, a large one by itself and in its turn", () => {
    const { sent, bundler: mixed } = bundler();
    mixed.add(message(10));
    mixed.add(message(100_000));
    expect(sent.map(({ length }) => length)).toEqual([10, 100_000]);
    for (let count = 0; count < 40; count += 1) mixed.add(message(1000));
    expect(sent.map(({ length }) => length)).toEqual(
      [10, 100_000, 32_000, 1000].slice(0, sent.length),
    );
    mixed.flush();
    expect(sent.reduce((sum, { length }) => sum + length, 0)).toBe(140_010);
  });

  it("wait while there is no room", () => {
    const { sent, bundler: narrow } = bundler(1);
    narrow.add(message(100_000));
    narrow.add(message(100_000));
    narrow.add(message(1));
    narrow.flush();
    expect([sent.length, narrow.hasRoom]).toEqual([1, false]);
    narrow.hasRoom = true;
    narrow.flush();
    expect([sent.length, narrow.hasRoom]).toEqual([2, false]);
    narrow.hasRoom = true;
    narrow.flush();
    expect(sent.map(({ length }) => length)).toEqual([100_000, 100_000, 1]);
  });
});
