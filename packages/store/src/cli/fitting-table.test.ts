import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { fittingTable } from "./output.ts";

const HEADINGS = ["DEVICE", "CONNECTED"];
const ROWS = [
  ["laptop", "now"],
  ["desktop", "never"],
];

const shown = (width: number): string =>
  stripVTControlCharacters(fittingTable(HEADINGS, ROWS, width));

describe("a table that fits a terminal", () => {
  it("has a line for each row where that is wide enough", () => {
    expect(shown(18)).toBe("DEVICE   CONNECTED\nlaptop   now\ndesktop  never");
  });

  it("has a line for each column of a row where it is not", () => {
    expect(shown(17)).toBe("DEVICE laptop\nCONNECTED now\n\nDEVICE desktop\nCONNECTED never");
  });
});
