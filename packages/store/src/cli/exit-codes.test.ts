import { ERROR_CODES, MasqError } from "@masq/core";
import { describe, expect, it } from "vitest";
import { CommandError, EXIT, EXIT_CODES, EXIT_MEANINGS, exitCodeOf } from "./exit-codes.ts";

describe("exit codes", () => {
  it("map every error code, and none to success", () => {
    expect(Object.keys(EXIT_CODES).toSorted()).toEqual([...ERROR_CODES].toSorted());
    for (const code of ERROR_CODES) expect(exitCodeOf(new MasqError(code, ""))).toBeGreaterThan(0);
  });

  it("are all explained", () => {
    expect(EXIT_MEANINGS.map(([code]) => code)).toEqual(Object.values(EXIT));
  });

  it("take a defect for a failure, and a command's own word before the table's", () => {
    expect(exitCodeOf(new TypeError("oops"))).toBe(EXIT.failed);
    expect(exitCodeOf(new CommandError(EXIT.refused, "MASQ_OPTION_INVALID", ""))).toBe(
      EXIT.refused,
    );
  });
});
