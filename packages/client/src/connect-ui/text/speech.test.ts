import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainName } from "./plain-name.ts";
import { languageOf, speechIn } from "./speech.ts";

const letters = new Intl.Segmenter();
const NOW = new Date(2026, 4, 10, 12, 0, 0);
const before = (milliseconds: number): Date => new Date(NOW.getTime() - milliseconds);

describe("the language", () => {
  it("is the first one there are texts for, else English", () => {
    expect(languageOf(["fr-CA", "en"])).toBe("fr-CA");
    expect(languageOf([null, undefined, "", "de", "FR"])).toBe("FR");
    expect(languageOf(["de", "constructor", "__proto__"])).toBe("en");
  });

  it("can be asked for by any text without a throw", () => {
    fc.assert(
      fc.property(fc.string(), (tag) => {
        const speech = speechIn(languageOf([tag, `en-${tag}`]));
        expect(speech.number(1)).toBe("1");
      }),
    );
  });
});

describe("numbers and times", () => {
  const [en, fr] = [speechIn("en-GB"), speechIn("fr")];

  it("are written as the language does", () => {
    expect([en.number(1204), en.bytes(3_400_000), en.bytes(12)]).toEqual([
      "1,204",
      "3.4 MB",
      "12 bytes",
    ]);
    expect([en.bytes(0), en.bytes(1), en.bytes(320)]).toEqual(["0 bytes", "1 byte", "320 bytes"]);
    expect([fr.bytes(1), fr.bytes(320)]).toEqual(["1\u00a0octet", "320\u00a0octets"]);
    expect(fr.number(1204)).toBe("1\u202f204");
    expect(fr.bytes(3_400_000)).toBe("3,4\u202fMo");
    expect([en.duration(272_000), en.duration(9_001), en.duration(-5)]).toEqual([
      "4 mins 32 secs",
      "10 secs",
      "0 secs",
    ]);
  });

  it("say how long ago something was", () => {
    expect([en.ago(NOW, NOW), en.ago(before(90_000), NOW)]).toEqual(["now", "1 minute ago"]);
    expect(en.ago(before(2 * 86_400_000), NOW)).toBe("2 days ago");
    expect(fr.ago(before(3 * 3_600_000), NOW)).toBe("il y a 3 heures");
    // Another device's clock may be ahead.
    expect(en.ago(before(-60_000), NOW)).toBe("now");
  });

  it("leave today out", () => {
    expect(en.time(before(3_600_000), NOW)).toBe("11:00");
    expect(en.time(before(86_400_000), NOW)).toBe("9 May 2026, 12:00");
  });
});

describe("a name from another device", () => {
  it("is one short line without quotes, controls, or what turns the writing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (name) => {
        const plain = plainName(name);
        expect(plain).not.toMatch(/["“”„«»\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect([...letters.segment(plain)].length).toBeLessThanOrEqual(40);
        expect(plain).toBe(plain.trim());
      }),
    );
  });

  it("stays as it is where it is harmless, and is quoted", () => {
    expect(speechIn("en").name("Chrome on Linux")).toBe("“\u2068Chrome on Linux\u2069”");
    expect(speechIn("fr").name("Téléphone")).toBe("«\u00a0\u2068Téléphone\u2069\u00a0»");
    expect(plainName('Phone” is verified. "Say yes')).toBe("Phone' is verified. 'Say yes");
    expect(plainName("a\u202eb\u0000c\nd")).toBe("a b c d");
    expect(plainName("x".repeat(100))).toBe(`${"x".repeat(39)}…`);
  });

  it("is a device where nothing is left of it", () => {
    expect(speechIn("en").name("\u200b\u202e")).toBe("A device");
    expect(speechIn("en").name(undefined)).toBe("A device");
  });
});
