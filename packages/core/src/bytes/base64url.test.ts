import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "./bytes.ts";
import { fromBase64Url, toBase64Url } from "./base64url.ts";

describe("base64url", () => {
  it("writes the examples of RFC 4648, section 10, without padding", () => {
    const examples = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
    expect(examples.map((text) => toBase64Url(utf8(text)))).toEqual([
      "",
      "Zg",
      "Zm8",
      "Zm9v",
      "Zm9vYg",
      "Zm9vYmE",
      "Zm9vYmFy",
    ]);
    expect(toBase64Url(Uint8Array.of(0xfb, 0xff, 0xfe))).toBe("-__-");
  });

  it("comes back as it was", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
      }),
    );
  });

  it("reads nothing but its only form", () => {
    for (const text of ["Z", "Zg==", "Zh", "Zm9=", "Zm+v", "Zm/v", "Zm 9", "Zm9vY", "Zm9vYm\u00e9"])
      expect(fromBase64Url(text)).toBeUndefined();
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 12 }), (text) => {
        const bytes = fromBase64Url(text);
        if (bytes !== undefined) expect(toBase64Url(bytes)).toBe(text);
      }),
    );
  });
});
