import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, fromHex, utf8 } from "../bytes/bytes.ts";
import { MasqError } from "../errors.ts";
import { throwsCode } from "../testing/expect.ts";
import { checkValueSize, decodeValue, encodeValue, MAX_VALUE_BYTES } from "./value.ts";

/** What an app may put. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, Number.NaN, Infinity),
    fc.double(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
    fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
    fc.uint8Array(),
    fc.date({ noInvalidDate: true }),
    fc.array(tie("any")),
    fc.dictionary(fc.string(), tie("any")).map((fields) => ({ ...fields })),
  ),
})).any;

const refusedOrDecoded = (bytes: Uint8Array): void => {
  try {
    decodeValue(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(MasqError);
    expect((error as MasqError).code).toBe("MASQ_VALUE_INVALID");
  }
};

const timed = (run: () => void): number => {
  const start = performance.now();
  run();
  return performance.now() - start;
};

describe("values", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(value, (original) => {
        expect(decodeValue(encodeValue(original))).toEqual(original);
      }),
      { numRuns: 400 },
    );
  });

  it("hold plain byte arrays of their own, whatever kind of bytes they are read from", () => {
    for (const bytes of [new Uint8Array([1, 2, 3]), new Uint8Array(5000)]) {
      const encoded = encodeValue([bytes]);
      for (const source of [encoded, Buffer.from(encoded), new Uint8Array(encoded)]) {
        const [read] = decodeValue(source) as [Uint8Array];
        expect(read.constructor).toBe(Uint8Array);
        source.fill(9);
        expect(read).toEqual(new Uint8Array(bytes));
        encoded.set(encodeValue([bytes]));
      }
    }
  });

  it("keep every millisecond of a date", () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        expect((decodeValue(encodeValue(date)) as Date).getTime()).toBe(date.getTime());
      }),
      { numRuns: 2000 },
    );
    expect((decodeValue(encodeValue(new Date(1001))) as Date).getTime()).toBe(1001);
  });

  it("take a big integer of up to 1,024 bytes and refuse a larger one, rather than write what cannot be read", () => {
    const limit = 2n ** 8192n;
    for (const good of [limit - 1n, -limit, 0n, -1n, 255n, -256n]) {
      expect(decodeValue(encodeValue(good))).toBe(good);
    }
    for (const bad of [limit, -limit - 1n, limit ** 2n])
      throwsCode(() => encodeValue(bad), "MASQ_VALUE_INVALID");
  });

  it("refuse bytes in another guise than Uint8Array, which would come back as something else", () => {
    const bytes = new ArrayBuffer(16);
    const others = [
      bytes,
      new SharedArrayBuffer(8),
      new DataView(bytes),
      new Int8Array(bytes),
      new Uint8ClampedArray(bytes),
      new Int16Array(bytes),
      new Uint16Array(bytes),
      new Int32Array(bytes),
      new Uint32Array(bytes),
      new Float32Array(bytes),
      new Float64Array(bytes),
      new BigInt64Array(bytes),
      new BigUint64Array(bytes),
    ];
    for (const other of others) throwsCode(() => encodeValue([other]), "MASQ_VALUE_INVALID");
    expect(decodeValue(encodeValue(Buffer.from([1, 2])))).toEqual(Uint8Array.of(1, 2));
    expect(decodeValue(encodeValue(new Uint8Array(bytes, 4, 2)))).toEqual(new Uint8Array(2));
  });

  it("that were changed or cut are refused or are another value, and nothing else happens", () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.integer({ min: 1, max: 255 }), (original, at, change) => {
        const bytes = encodeValue(original);
        const mutated = bytes.slice();
        mutated[at % bytes.length] = (mutated[at % bytes.length] as number) ^ change;
        refusedOrDecoded(mutated);
        throwsCode(() => decodeValue(bytes.subarray(0, at % bytes.length)), "MASQ_VALUE_INVALID");
        throwsCode(() => decodeValue(Uint8Array.of(...bytes, 0)), "MASQ_VALUE_INVALID");
      }),
      { numRuns: 300 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), refusedOrDecoded));
  });

  it("of indefinite length, undefined, twice the same key, other keys or unknown tags are refused", () => {
    const wrong = [
      "9f01ff",
      "bf616101ff",
      "5f4101ff",
      "7f6161ff",
      "f7",
      "81f7",
      "a2616101616102",
      "a10102",
      "a1f601",
      "c074",
      "c11a",
      "d81c00",
      "d9010f80",
      "c26161",
      "c201",
      "c1f6",
      "c16161",
      "c1a0",
      "f818",
      "fc",
      "ff",
      "",
    ];
    for (const text of wrong) throwsCode(() => decodeValue(fromHex(text)), "MASQ_VALUE_INVALID");
  });

  it("cannot stall a reader with a huge number", () => {
    for (const tag of [0xc2, 0xc3]) {
      const head = Uint8Array.of(tag, 0x5a, 0x00, 0x0f, 0xff, 0x00);
      const bomb = concatBytes(head, new Uint8Array(0x0fff00).fill(0xff));
      const took = timed(() => throwsCode(() => decodeValue(bomb), "MASQ_VALUE_INVALID"));
      expect(took).toBeLessThan(1000);
      const many = concatBytes(
        Uint8Array.of(0x99, 0x03, 0xe8),
        ...Array.from({ length: 1000 }, () =>
          concatBytes(Uint8Array.of(tag, 0x59, 0x04, 0x00), new Uint8Array(1024).fill(0xff)),
        ),
      );
      expect(timed(() => decodeValue(many))).toBeLessThan(5000);
    }
  });

  it("cannot crash a reader by their depth", () => {
    const depths = [0x81, 0xa1, 0xc1, 0xc2].map((byte) =>
      new Uint8Array(MAX_VALUE_BYTES).fill(byte),
    );
    const maps = concatBytes(
      ...Array.from({ length: 100_000 }, () => fromHex("a16161")),
      Uint8Array.of(0),
    );
    for (const deep of [...depths, maps]) throwsCode(() => decodeValue(deep), "MASQ_VALUE_INVALID");
    let nested: unknown = null;
    for (let level = 0; level < 1_000_000; level += 1) nested = { nested };
    throwsCode(() => encodeValue(nested), "MASQ_VALUE_INVALID");
  });

  it("that claim more than there is are refused at once", () => {
    for (const text of [
      "9affffffff",
      "bbffffffffffffffff",
      "5b000000ffffffffff00",
      "7affffffff61",
      "9b001fffffffffffff",
    ]) {
      const took = timed(() => throwsCode(() => decodeValue(fromHex(text)), "MASQ_VALUE_INVALID"));
      expect(took).toBeLessThan(500);
    }
  });

  it("may take 1 MiB encoded and no more", () => {
    checkValueSize(new Uint8Array(MAX_VALUE_BYTES));
    throwsCode(() => checkValueSize(new Uint8Array(MAX_VALUE_BYTES + 1)), "MASQ_VALUE_TOO_LARGE");
    expect(encodeValue(utf8("x".repeat(MAX_VALUE_BYTES - 5))).length).toBe(MAX_VALUE_BYTES);
    throwsCode(() => encodeValue("\u20ac".repeat(MAX_VALUE_BYTES / 3)), "MASQ_VALUE_TOO_LARGE");
  });
});
