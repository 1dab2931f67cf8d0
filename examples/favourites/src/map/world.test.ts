import { describe, expect, it } from "vitest";
import { readWorld } from "./world.ts";

/** Zigzag of small numbers, one byte each. */
const bytes = (...numbers: number[]): Uint8Array =>
  Uint8Array.from(numbers.map((number) => (number < 0 ? -2 * number - 1 : 2 * number)));

/** Two squares side by side, 10° wide: line 0 is the edge they share. */
const TWO_SQUARES = [
  [1, 3],
  [2, 0, 0, 0, 10],
  [4, 0, 10, -10, 0, 0, -10, 10, 0],
  [4, 0, 0, 10, 0, 0, 10, -10, 0],
  [2],
  [0x41, 0x41, 1, 2, 0, 1],
  [0x42, 0x42, 1, 2, 2, -1],
].flat();

const asBytes = (): Uint8Array => {
  const letters = new Set([0x41, 0x42]);
  return Uint8Array.from(
    TWO_SQUARES.flatMap((number) =>
      letters.has(number) ? [((2 * number) & 127) | 128, (2 * number) >> 7] : [...bytes(number)],
    ),
  );
};

describe("readWorld", () => {
  it("tells borders, which two countries share, from coasts", () => {
    const world = readWorld(asBytes());
    expect(world.land).toHaveLength(2);
    expect(world.borders).toHaveLength(1);
    expect(world.coasts).toHaveLength(2);
    expect(world.countries.map(({ code }) => code)).toEqual(["AA", "BB"]);
  });

  it("puts a country's name in its middle", () => {
    const [west] = readWorld(asBytes()).countries;
    const [x, y, z] = west?.centre ?? [0, 0, 0];
    expect((Math.atan2(y, x) * 180) / Math.PI).toBeCloseTo(-5, 6);
    expect((Math.asin(z) * 180) / Math.PI).toBeCloseTo(5, 6);
  });

  it("refuses a file that was cut short", () => {
    const whole = asBytes();
    for (let length = 0; length < whole.length; length += 1)
      expect(() => readWorld(whole.subarray(0, length))).toThrow(RangeError);
  });
});
