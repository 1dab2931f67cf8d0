import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../bytes/bytes.ts";
import { MasqError } from "../errors.ts";
import { DIGEST_BYTES } from "../data/digest.ts";
import type { ReplicaId } from "../data/ids.ts";
import { encodeStamp } from "../data/stamp.ts";
import type { Row } from "../storage.ts";
import { MAPS } from "../testing/storage-samples.ts";
import { decodeBundle } from "./decode.ts";
import { MAX_SYNC_MESSAGE_BYTES } from "./limits.ts";
import {
  DEVICE_BYTES,
  encodeMessage,
  SIGNATURE_BYTES,
  type Incoming,
  type Outgoing,
} from "./messages.ts";

const REPLICAS = ["11", "22", "33", "ff"].map((byte) => byte.repeat(8) as ReplicaId);

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const count = fc.oneof(fc.nat({ max: 30 }), fc.maxSafeNat());
const positive = count.map((value) => Math.max(1, value));
const replica = fc.constantFrom(...REPLICAS);
const key = fc
  .string({ minLength: 1, maxLength: 20, unit: "grapheme" })
  .filter((text) => text.isWellFormed());
const vector = fc
  .uniqueArray(fc.tuple(replica, positive), { selector: ([id]) => id })
  .map((entries) => new Map(entries));
const snapshot = fc.record({ vector, digest: bytes(DIGEST_BYTES), isClean: fc.boolean() });
const announcements = fc.array(
  fc.record({
    replica,
    device: bytes(DEVICE_BYTES),
    signature: bytes(SIGNATURE_BYTES),
    isVouched: fc.boolean(),
  }),
  { maxLength: 3 },
);
const stamp = fc
  .record({ wall: fc.nat({ max: 2 ** 31 }), tick: fc.nat({ max: 65_535 }), vector, index: count })
  .map(({ wall, tick, index, vector: seen }) => {
    const context = new Map(Array.from(seen, ([id, last]) => [id, [[1, last]]] as const));
    return encodeStamp({ hlc: { wall, tick }, index, context });
  });
const row: fc.Arbitrary<Row> = fc.record({
  key,
  replica,
  counter: positive,
  arrival: fc.constant(0),
  stamp,
  value: fc.option(fc.uint8Array({ maxLength: 20 })),
});
const rows = fc.array(row, { maxLength: 4 });
const number = fc.nat({ max: 1023 });
const progress = fc.oneof(fc.constant(undefined), count, fc.record({ key, start: count }));

const message: fc.Arbitrary<Outgoing> = fc.oneof(
  fc.record({
    type: fc.constant("hello" as const),
    versions: fc.tuple(count, count),
    features: count,
    info: fc.uint8Array({ maxLength: 30 }),
    logHeads: bytes(32),
  }),
  fc.record({
    type: fc.constant("offer" as const),
    number,
    namespace: fc.constant(MAPS),
    replica,
    announcements,
    snapshot,
  }),
  fc.record({ type: fc.constant("announce" as const), number, announcements }),
  fc.record({ type: fc.constant("resume" as const), number, progress }),
  fc.record({
    type: fc.constant("entries" as const),
    number,
    reached: count,
    remaining: count,
    commits: fc.array(rows, { maxLength: 3 }),
    caughtUp: fc.oneof(fc.constant(undefined), snapshot),
  }),
  fc.record({
    type: fc.constant("scan" as const),
    number,
    start: count,
    last: fc.oneof(fc.constant(undefined), key),
    remaining: count,
    rows,
  }),
  fc.record({
    type: fc.constant("ack" as const),
    number,
    taken: count,
    snapshot,
    others: fc
      .uniqueArray(fc.tuple(replica, vector), { selector: ([id]) => id })
      .map((entries) => new Map(entries)),
  }),
  fc.record({
    type: fc.constant("repair" as const),
    number,
    round: count,
    vector,
    isLast: fc.boolean(),
    rows,
  }),
  fc.record({
    type: fc.constant("log" as const),
    items: fc.array(
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 60 }), bytes(SIGNATURE_BYTES)),
      { maxLength: 3 },
    ),
    isLast: fc.boolean(),
  }),
);

/** A message that came, as it would be sent on. */
const asSent = (decoded: Incoming): Outgoing => {
  const back = (versions: readonly { key: string; dot: object; stamp: Uint8Array }[]): Row[] =>
    versions.map(
      (version) =>
        ({
          key: version.key,
          ...version.dot,
          arrival: 0,
          stamp: version.stamp,
          value: (version as unknown as Row).value,
        }) as Row,
    );
  switch (decoded.type) {
    case "entries":
      return { ...decoded, commits: decoded.commits.map(back) };
    case "scan":
    case "repair":
      return { ...decoded, rows: back(decoded.rows) };
    case "hello":
    case "offer":
    case "announce":
    case "resume":
    case "ack":
    case "log":
      return decoded;
  }
};

/** One message alone is a bundle too. */
const decodeOnly = (bundle: Uint8Array): Incoming => {
  const messages = decodeBundle(bundle);
  expect(messages.length).toBe(1);
  return messages[0] as Incoming;
};

/** The decoded message, or undefined when it was refused in the one way that is allowed. */
const accepted = (attempt: Uint8Array): Outgoing | undefined => {
  try {
    return asSent(decodeOnly(attempt));
  } catch (error) {
    if (error instanceof MasqError && error.code === "MASQ_MESSAGE_INVALID") return undefined;
    throw error;
  }
};

describe("messages of synchronisation", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(asSent(decodeOnly(encodeMessage(sent)))).toEqual(sent);
      }),
      { numRuns: 500 },
    );
  });

  it("with any byte changed are refused, or are another message that can be sent", () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, place, change) => {
        const attempt = encodeMessage(sent);
        const at = place % attempt.length;
        attempt[at] = (attempt[at] as number) ^ change;
        const other = accepted(attempt);
        if (other !== undefined) expect(accepted(encodeMessage(other))).toEqual(other);
      }),
      { numRuns: 4000 },
    );
  });

  it("cut or continued are refused", () => {
    fc.assert(
      fc.property(message, fc.nat(), (sent, place) => {
        const whole = encodeMessage(sent);
        expect(accepted(whole.subarray(0, place % whole.length))).toBeUndefined();
        expect(accepted(Uint8Array.of(...whole, 0))).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it("come back one after the other from a bundle, and none of it if one is malformed", () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), (sent) => {
        const bundle = concatBytes(...sent.map(encodeMessage));
        expect(decodeBundle(bundle).map(asSent)).toEqual(sent);
        expect(() => decodeBundle(concatBytes(bundle, Uint8Array.of(0x80)))).toThrow(MasqError);
      }),
      { numRuns: 300 },
    );
  });

  it("above the limit are refused unread", () => {
    expect(accepted(new Uint8Array(MAX_SYNC_MESSAGE_BYTES + 1))).toBeUndefined();
  });

  it("random bytes are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        accepted(noise);
      }),
      { numRuns: 2000 },
    );
  });
});
