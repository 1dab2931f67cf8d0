import { describe, expect, it } from "vitest";
import { throwsCode } from "../testing/expect.ts";
import { checkKey, MAX_KEY_BYTES } from "./key.ts";

describe("keys", () => {
  it("are text of 1 to 1,024 bytes of UTF-8, of any characters", () => {
    for (const key of [
      "a",
      "\u0000",
      "\ufeff",
      "\ufffd",
      "\u{10ffff}",
      "a/b c",
      "x".repeat(MAX_KEY_BYTES),
      "\u00e9".repeat(512),
      "\u20ac".repeat(341),
      "\u{1f600}".repeat(256),
    ]) {
      expect(() => checkKey(key)).not.toThrow();
    }
  });

  it("are refused when empty, too long by a byte, half a surrogate pair or no text", () => {
    const bad = [
      "",
      "x".repeat(MAX_KEY_BYTES + 1),
      "\u00e9".repeat(513),
      "\u20ac".repeat(342),
      `${"\u{1f600}".repeat(256)}a`,
      "\ud800",
      "\udc00",
      "a\ud83d",
      "\ude00\ud83d",
      undefined,
      null,
      0,
      true,
      {},
      ["a"],
      new Uint8Array(1),
      Symbol("k"),
    ];
    for (const key of bad) throwsCode(() => checkKey(key), "MASQ_KEY_INVALID");
  });
});
