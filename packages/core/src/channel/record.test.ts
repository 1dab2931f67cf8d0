import { describe, expect, it } from "vitest";
import { equal, throwsCode } from "../testing/expect.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import {
  MAX_DATA_BYTES,
  MAX_PLAINTEXT_BYTES,
  padData,
  paddedLength,
  RECORD_OVERHEAD_BYTES,
  RECORD_TYPE,
  requireRecord,
  unpadData,
} from "./record.ts";

const FAILED = "MASQ_SESSION_FAILED";

describe("padding", () => {
  it("is Padmé with a floor and a ceiling", () => {
    for (const [bytes, padded] of [
      [0, 256],
      [4, 256],
      [256, 256],
      [257, 272],
      [272, 272],
      [273, 288],
      [511, 512],
      [512, 512],
      [513, 544],
      [1000, 1024],
      [10_000, 10_240],
      [32_768, 32_768],
      [32_769, 34_816],
      [63_488, 63_488],
      [63_489, 65_400],
      [65_400, 65_400],
    ] as const) {
      equal(paddedLength(bytes), padded, `of ${bytes}`);
    }
  });

  it("adds at most an eighth above the floor, never shortens, and pads what is padded to itself", () => {
    const grid = new Set<number>();
    for (let bytes = 0; bytes <= MAX_PLAINTEXT_BYTES; bytes++) {
      const padded = paddedLength(bytes);
      grid.add(padded);
      if (padded < bytes || padded > Math.max(256, bytes * 1.12)) throw new Error(`${bytes}`);
      if (paddedLength(padded) !== padded) throw new Error(`${padded} is not on the grid`);
    }
    expect(grid.size).toBeLessThan(140);
  });

  it("gives back what was padded, at every length around a step", () => {
    const random = seededRandom(1);
    for (const bytes of [0, 1, 251, 252, 253, 268, 269, 5000, MAX_DATA_BYTES]) {
      const data = random.bytes(bytes);
      equal(unpadData(padData(data)), data, `${bytes} bytes`);
    }
    throwsCode(() => padData(new Uint8Array(MAX_DATA_BYTES + 1)), "MASQ_MESSAGE_TOO_LARGE");
  });

  it("is refused when it holds anything, is longer or shorter than it must be, or lies", () => {
    const plaintext = padData(new Uint8Array(10).fill(1));
    for (let index = 14; index < plaintext.length; index++) {
      const changed = plaintext.slice();
      changed[index] = 0x80;
      throwsCode(() => unpadData(changed), FAILED);
    }
    const longer = new Uint8Array(272);
    longer.set(plaintext);
    throwsCode(() => unpadData(longer), FAILED);
    for (const length of [253, 272, 65_397, 0xffff_fffc, 0xffff_ffff]) {
      const lying = new Uint8Array(256);
      new DataView(lying.buffer).setUint32(0, length);
      throwsCode(() => unpadData(lying), FAILED);
    }
    for (const cut of [0, 3, 255]) throwsCode(() => unpadData(plaintext.subarray(0, cut)), FAILED);
  });
});

describe("a record", () => {
  it("of a length off the grid or of another type is refused", () => {
    const record = (bytes: number, type = RECORD_TYPE): Uint8Array => {
      const made = new Uint8Array(bytes);
      made[0] = type;
      return made;
    };
    for (const padded of [256, 272, 65_400]) requireRecord(record(RECORD_OVERHEAD_BYTES + padded));
    equal(RECORD_OVERHEAD_BYTES + MAX_PLAINTEXT_BYTES, 65_473);
    for (const padded of [-73, -72, 0, 255, 257, 271, 65_399, 65_401, 65_536, 1 << 20]) {
      throwsCode(() => requireRecord(record(RECORD_OVERHEAD_BYTES + padded)), FAILED);
    }
    for (const type of [0, 0x0f, 0x11, 0xff]) {
      throwsCode(() => requireRecord(record(RECORD_OVERHEAD_BYTES + 256, type)), FAILED);
    }
  });
});
