import { describe, expect, it } from "vitest";
import { noblePeerPrimitives as crypto } from "../crypto/noble-peer.ts";
import { endOf, ends, pass, text } from "../testing/session-ends.ts";
import type { End } from "../testing/session-ends.ts";
import { equal, throwsCode } from "../testing/expect.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { MAX_DATA_BYTES, paddedLength, RECORD_OVERHEAD_BYTES } from "./record.ts";
import {
  MAX_SESSION_BYTES,
  MAX_SESSION_MS,
  RENEW_AFTER_BYTES,
  RENEW_AFTER_MS,
  STEP_AFTER_BYTES,
  STEP_AFTER_MS,
  STEP_AFTER_RECORDS,
} from "./session.ts";

const FAILED = "MASQ_SESSION_FAILED";
const EMPTY = new Uint8Array(0);

describe("a session", () => {
  it("carries a long random conversation in both directions", () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { a, b } = ends(seed);
      const random = seededRandom(seed);
      let now = 0;
      pass(a, b, now, EMPTY);
      for (let index = 0; index < 120; index++) {
        const [from, to] = random.int(2) === 0 ? [a, b] : [b, a];
        const burst = random.int(4);
        for (let count = 0; count <= burst; count++) {
          const record = pass(from, to, now, random.bytes(random.int(3) === 0 ? 5000 : 200));
          const padded = record.length - RECORD_OVERHEAD_BYTES;
          equal(paddedLength(padded), padded, "on the padding grid");
        }
        now += random.int(400);
      }
    }
  });

  it("carries the longest data, and refuses longer without an end", () => {
    const { a, b } = ends();
    equal(pass(a, b, 0, text(MAX_DATA_BYTES)).length, 65_473);
    throwsCode(() => a.session.seal(text(MAX_DATA_BYTES + 1), 0), "MASQ_MESSAGE_TOO_LARGE");
    pass(a, b, 0);
  });

  it("keeps records in both directions apart that cross on their way", () => {
    const { a, b } = ends();
    pass(a, b, 0);
    for (let round = 1; round < 20; round++) {
      const now = round * 700;
      const [fromA, fromB] = [a, b].map(({ session }) =>
        [1, 2, 3].map((fill) => session.seal(text(fill, fill), now)),
      ) as [Uint8Array[], Uint8Array[]];
      for (const [index, record] of fromA.entries()) {
        equal(b.session.open(record, now), text(index + 1, index + 1));
      }
      for (const [index, record] of fromB.entries()) {
        equal(a.session.open(record, now), text(index + 1, index + 1));
      }
    }
  });

  it("keeps a state of the same size through 10,000 records", () => {
    const { a, b } = ends();
    pass(a, b, 0);
    pass(b, a, 0);
    const size = (end: End): number =>
      JSON.stringify(end.state, (_key, value: unknown) =>
        value instanceof Uint8Array
          ? "x".repeat(value.length)
          : typeof value === "number"
            ? 0
            : value,
      ).length;
    const before = [size(a), size(b)];
    for (let index = 0; index < 10_000; index++) {
      const [from, to] = index % 1000 < 990 ? [a, b] : [b, a];
      to.session.open(from.session.seal(EMPTY, index), index);
    }
    equal([size(a), size(b)], before);
  }, 60_000);
});

describe("the cadence of ratchet steps", () => {
  const keyOf = (end: End): string => end.state.ownKey.publicKey.join();

  it("keeps a chain until a second, 256 records or a MiB have passed, then steps", () => {
    const settled = () => {
      const both = ends();
      pass(both.a, both.b, 0);
      pass(both.b, both.a, 0);
      return both;
    };
    const byTime = settled();
    const before = keyOf(byTime.a);
    pass(byTime.a, byTime.b, STEP_AFTER_MS - 1);
    equal(keyOf(byTime.a), before);
    pass(byTime.a, byTime.b, STEP_AFTER_MS);
    expect(keyOf(byTime.a)).not.toBe(before);

    const byCount = settled();
    for (let index = 2; index < STEP_AFTER_RECORDS; index++) pass(byCount.a, byCount.b, 0);
    equal(keyOf(byCount.a), before);
    pass(byCount.a, byCount.b, 0);
    expect(keyOf(byCount.a)).not.toBe(before);

    const byBytes = settled();
    for (let bytes = 0; bytes < STEP_AFTER_BYTES; bytes += 65_473) {
      equal(keyOf(byBytes.a), before);
      pass(byBytes.a, byBytes.b, 0, text(MAX_DATA_BYTES));
    }
    pass(byBytes.a, byBytes.b, 0);
    expect(keyOf(byBytes.a)).not.toBe(before);
  });

  it("asks the reader of a one-way stream for an answer, and for none when it wrote itself", () => {
    const { a, b } = ends();
    equal(b.session.answerDueAt, undefined);
    pass(a, b, 300);
    equal(b.session.answerDueAt, STEP_AFTER_MS);
    equal([b.session.mustAnswer(999), b.session.mustAnswer(1000)], [false, true]);
    pass(b, a, 1000, EMPTY);
    equal([b.session.answerDueAt, a.session.answerDueAt], [undefined, undefined]);
    pass(a, b, 1100);
    // Its own answer is one of the 256.
    for (let index = 2; index < STEP_AFTER_RECORDS - 1; index++) pass(a, b, 1100);
    equal(b.session.mustAnswer(1100), false);
    pass(a, b, 1100);
    equal(b.session.mustAnswer(1100), true);
  });

  it("lets two idle ends rest", () => {
    const { a, b } = ends();
    pass(a, b, 0, EMPTY);
    equal(b.session.mustAnswer(1e9), false);
    pass(a, b, 0);
    let now = 0;
    let records = 0;
    for (let second = 0; second < 60; second++) {
      now += 1000;
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        if (!from.session.mustAnswer(now)) continue;
        records++;
        to.session.open(from.session.seal(EMPTY, now), now);
      }
    }
    equal(records, 1);
  });
});

describe("the limits of a session", () => {
  it("make it due for renewal, then end it: by time", () => {
    const { a, b } = ends();
    equal(a.session.isDueForRenewal(RENEW_AFTER_MS - 1), false);
    equal(a.session.isDueForRenewal(RENEW_AFTER_MS), true);
    pass(a, b, MAX_SESSION_MS - 1);
    const late = a.session.seal(EMPTY, MAX_SESSION_MS - 1);
    throwsCode(() => b.session.open(late, MAX_SESSION_MS), FAILED);
    throwsCode(() => a.session.seal(EMPTY, MAX_SESSION_MS), FAILED);
    equal([a.session.isClosed, b.session.isClosed], [true, true]);
  });

  it("make it due for renewal, then end it: by bytes", () => {
    // Without cryptography, since this is a gibibyte.
    const [key, sealed] = [text(32), text(65_416)];
    const free = {
      ...crypto,
      hmacSha256: () => key,
      seal: (_key: Uint8Array, _nonce: Uint8Array, _ad: Uint8Array, plaintext: Uint8Array) =>
        sealed.subarray(0, plaintext.length + 16),
    };
    const { session } = endOf(ends().a.state, 1, { crypto: free });
    const data = text(MAX_DATA_BYTES);
    const recordBytes = session.seal(data, 0).length;
    for (let bytes = recordBytes; bytes < MAX_SESSION_BYTES; bytes += recordBytes) {
      equal(session.isDueForRenewal(0), bytes >= RENEW_AFTER_BYTES);
      session.seal(data, 0);
    }
    throwsCode(() => session.seal(data, 0), FAILED);
    equal(session.isClosed, true);
  });
});
