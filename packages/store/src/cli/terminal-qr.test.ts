import { stripVTControlCharacters } from "node:util";
import decodeQr from "qr/decode.js";
import { expect, it } from "vitest";
import { terminalQr } from "./terminal-qr.ts";

const LINK =
  "https://maps.example.org/#masq=AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fd3NzOi8vc3luYy5leGFtcGxlLm9yZ-_0bOc";
const terminal = (columns: number) => ({ isTTY: true as const, columns });

/** As a camera sees it: each half of a character a point, some pixels wide. */
const photographed = (text: string, scale: number) => {
  const lines = text.split("\n");
  const points = lines.flatMap((line) => [
    Array.from(line, (half) => "█▀".includes(half)),
    Array.from(line, (half) => "█▄".includes(half)),
  ]);
  const [width, height] = [(points[0]?.length ?? 0) * scale, points.length * scale];
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const isLight = points[Math.floor(y / scale)]?.[Math.floor(x / scale)] === true;
      data.fill(isLight ? 255 : 0, 4 * (y * width + x), 4 * (y * width + x) + 4);
    }
  return { width, height, data };
};

it("shows a code that a camera reads as the link", () => {
  const code = stripVTControlCharacters(terminalQr(LINK, terminal(80)) ?? "");
  expect(code.split("\n").length).toBeLessThan(25);
  expect(decodeQr(photographed(code, 4))).toBe(LINK);
});

it("shows none where it could not be read, or nobody looks", () => {
  const width = stripVTControlCharacters(terminalQr(LINK, terminal(80)) ?? "").indexOf("\n");
  expect(terminalQr(LINK, terminal(width))).toBeDefined();
  expect(terminalQr(LINK, terminal(width - 1))).toBeUndefined();
  expect(terminalQr(LINK, { isTTY: false as never, columns: 80 })).toBeUndefined();
});
