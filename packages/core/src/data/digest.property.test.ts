import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, fromHex, utf8 } from "../bytes/bytes.ts";
import { DIGEST_LABEL } from "../crypto/labels.ts";
import { noblePrimitives } from "../crypto/noble.ts";
import type { Row } from "../storage.ts";
import { DIGEST_BYTES, digestItem, EMPTY_DIGEST, updateDigest } from "./digest.ts";
import type { ReplicaId } from "./ids.ts";

const row: fc.Arbitrary<Row> = fc.record({
  key: fc
    .string({ minLength: 1, maxLength: 20, unit: "binary" })
    .map((text) => text.toWellFormed()),
  replica: fc
    .constantFrom("0".repeat(16), "f".repeat(16), "0123456789abcdef")
    .map((id) => id as ReplicaId),
  counter: fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  ),
  arrival: fc.nat(),
  stamp: fc.uint8Array({ maxLength: 4 }),
  value: fc.option(fc.uint8Array({ maxLength: 40 })),
});
const rows = fc.array(row, { maxLength: 12 });
const update = (digest: Uint8Array, removed: readonly Row[], added: readonly Row[]): Uint8Array =>
  updateDigest(noblePrimitives, digest, removed, added);

describe("the digest", () => {
  it("is the truncated hash of label, key, dot and value, whatever their lengths", () => {
    const counters = [1, 255, 256, 2 ** 32, Number.MAX_SAFE_INTEGER];
    for (const key of ["k", "\u20ac".repeat(341), "x".repeat(1024)]) {
      for (const [index, counter] of counters.entries()) {
        const value = new Uint8Array(index * 1100).fill(index);
        const numbers = new DataView(new ArrayBuffer(10));
        numbers.setUint16(0, utf8(key).length);
        numbers.setBigUint64(2, BigInt(counter));
        const bytes = new Uint8Array(numbers.buffer);
        const replica = "0123456789abcdef" as ReplicaId;
        const expected = noblePrimitives.sha256(
          concatBytes(
            DIGEST_LABEL,
            bytes.subarray(0, 2),
            utf8(key),
            fromHex(replica),
            bytes.subarray(2),
            value,
          ),
        );
        const item = digestItem(noblePrimitives, {
          key,
          replica,
          counter,
          arrival: 1,
          stamp: value,
          value,
        });
        expect(item).toEqual(expected.subarray(0, DIGEST_BYTES));
      }
    }
  });

  it("does not depend on the order in which rows came", () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const together = update(EMPTY_DIGEST, [], [...a, ...b]);
        expect(update(update(EMPTY_DIGEST, [], b), [], a)).toEqual(together);
        expect(update(EMPTY_DIGEST, [], [...b, ...a].toReversed())).toEqual(together);
      }),
    );
  });

  it("is as before once what was added has been removed", () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const before = update(EMPTY_DIGEST, [], a);
        const kept = before.slice();
        expect(update(update(before, [], b), b.toReversed(), [])).toEqual(before);
        expect(update(before, b, b)).toEqual(before);
        expect(before, "the digest given in is untouched").toEqual(kept);
      }),
    );
  });

  it("changes with every part of a live row and with no part of a tombstone", () => {
    fc.assert(
      fc.property(row, row, (a, b) => {
        const digest = (of: Row): Uint8Array => update(EMPTY_DIGEST, [], [of]);
        if (a.value === null) expect(digest(a)).toEqual(EMPTY_DIGEST);
        const text = ({ key, replica, counter, value }: Row): string =>
          value === null ? "" : JSON.stringify([key, replica, counter, [...value]]);
        expect(Buffer.compare(digest(a), digest(b)) === 0).toBe(text(a) === text(b));
        expect(digest({ ...a, arrival: a.arrival + 1, stamp: Uint8Array.of(9) })).toEqual(
          digest(a),
        );
      }),
    );
  });
});
