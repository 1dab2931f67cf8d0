import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, fromHex, toHex, utf8 } from "../bytes/bytes.ts";
import { MasqError } from "../errors.ts";
import { decodeFrame } from "./decode.ts";
import { encodeFrame } from "./encode.ts";
import type { RelayFrame } from "./frames.ts";
import {
  DOWN_REASONS,
  LISTEN_STATUSES,
  MAX_CREDIT,
  MAX_DATA_BYTES,
  MAX_LISTEN_ENTRIES,
  MAX_RELAY_FRAME_BYTES,
} from "./protocol.ts";

const bits = (count: number): fc.Arbitrary<number> => fc.nat({ max: 2 ** count - 1 });
const u32 = fc.oneof(fc.integer({ min: 0, max: 0x7fff_ffff }), fc.constant(0xffff_ffff));
const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const at = { epoch: bits(8), slot: bits(16) };

type Of<Type extends RelayFrame["type"]> = Extract<RelayFrame, { type: Type }>;

/** One arbitrary per type: a new frame does not compile until it stands here. */
const arbitraries: { [Type in RelayFrame["type"]]: fc.Arbitrary<Of<Type>> } = {
  hello: fc.record({
    type: fc.constant("hello"),
    features: u32,
    largestFrame: u32,
    accessToken: fc.uint8Array({ maxLength: 255 }),
  }),
  welcome: fc.record({
    type: fc.constant("welcome"),
    features: u32,
    maxFrame: u32,
    maxTokens: bits(16),
    initialCredit: u32,
    pingSeconds: bits(16),
    bytesPerSecond: u32,
    unixSeconds: u32,
    reconnectJitterMs: u32,
  }),
  listen: fc.record({
    type: fc.constant("listen"),
    entries: fc.array(fc.record({ slot: bits(16), id: bytesOf(16), sideKey: bytesOf(16) }), {
      minLength: 1,
      maxLength: 5,
    }),
  }),
  unlisten: fc.record({
    type: fc.constant("unlisten"),
    slots: fc.array(bits(16), { minLength: 1, maxLength: 20 }),
  }),
  listening: fc.record({
    type: fc.constant("listening"),
    entries: fc.array(fc.record({ slot: bits(16), status: fc.constantFrom(...LISTEN_STATUSES) }), {
      minLength: 1,
      maxLength: 20,
    }),
  }),
  "peer-up": fc.record({ type: fc.constant("peer-up"), ...at, credit: u32 }),
  "peer-down": fc.record({
    type: fc.constant("peer-down"),
    ...at,
    reason: fc.constantFrom(...DOWN_REASONS),
    received: fc.maxSafeNat(),
  }),
  data: fc.record({
    type: fc.constant("data"),
    ...at,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  }),
  credit: fc.record({
    type: fc.constant("credit"),
    ...at,
    limit: fc.maxSafeNat().map((n) => n % (MAX_CREDIT + 1)),
  }),
  ping: fc.record({ type: fc.constant("ping"), nonce: bytesOf(8) }),
  pong: fc.record({ type: fc.constant("pong"), nonce: bytesOf(8) }),
  "go-away": fc.record({ type: fc.constant("go-away"), minMs: u32, maxMs: u32, reason: bits(8) }),
  throttled: fc.record({ type: fc.constant("throttled"), limitId: bits(8), rate: u32 }),
  error: fc.record({ type: fc.constant("error"), code: bits(16), retryAfterSeconds: u32 }),
};
const anyFrame: fc.Arbitrary<RelayFrame> = fc.oneof(...Object.values(arbitraries));

/** Lists may be cut between entries and DATA anywhere: then they are other valid frames. */
const ENTRY_BYTES: Partial<Record<RelayFrame["type"], number>> = {
  data: 1,
  listen: 34,
  unlisten: 2,
  listening: 3,
};

const decodedOrRefused = (bytes: Uint8Array): RelayFrame | "refused" | undefined => {
  try {
    return decodeFrame(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(MasqError);
    expect((error as MasqError).code).toBe("MASQ_MESSAGE_INVALID");
    return "refused";
  }
};

describe("relay frames", () => {
  it.each(Object.entries(arbitraries))("%s comes back as it was", (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<RelayFrame>, (frame) => {
        expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
      }),
    );
  });

  it("are refused when cut anywhere, or when anything follows", () => {
    fc.assert(
      fc.property(anyFrame, fc.uint8Array({ minLength: 1, maxLength: 3 }), (frame, more) => {
        const whole = encodeFrame(frame);
        const entry = ENTRY_BYTES[frame.type];
        for (let length = 0; length < whole.length; length += 1) {
          const isEntry = entry !== undefined && length > 4 && (length - 4) % entry === 0;
          if (!isEntry) expect(decodedOrRefused(whole.subarray(0, length))).toBe("refused");
        }
        if (entry === undefined || more.length % entry !== 0)
          expect(decodedOrRefused(concatBytes(whole, more))).toBe("refused");
      }),
    );
  });

  it("never do worse than being refused, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        decodedOrRefused(bytes);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(anyFrame, bits(20), bits(8), (frame, place, byte) => {
        const bytes = encodeFrame(frame);
        bytes[place % bytes.length] = byte;
        const decoded = decodedOrRefused(bytes);
        // What is understood all the same is another frame, of exactly these bytes.
        if (decoded !== "refused" && decoded !== undefined)
          expect(toHex(encodeFrame(decoded))).toBe(toHex(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it("of unknown types are skipped with the high bit set, and refused without it", () => {
    const known = new Set(
      Object.values(arbitraries).map(
        (one) => encodeFrame(fc.sample(one as fc.Arbitrary<RelayFrame>, 1)[0] as RelayFrame)[0],
      ),
    );
    for (let type = 0; type < 256; type += 1) {
      if (known.has(type)) continue;
      const bytes = Uint8Array.of(type, 0, 0, 0, 1, 2, 3);
      expect(decodedOrRefused(bytes)).toBe(type >= 0x80 ? undefined : "refused");
    }
    expect(decodedOrRefused(Uint8Array.of(0x80, 0, 0))).toBe("refused");
  });

  it("have room for one sealed record and no more", () => {
    const full = encodeFrame({
      type: "data",
      epoch: 1,
      slot: 2,
      bytes: new Uint8Array(MAX_DATA_BYTES),
    });
    expect(full.length).toBe(MAX_RELAY_FRAME_BYTES);
    expect(decodeFrame(full)?.type).toBe("data");
    expect(decodedOrRefused(concatBytes(full, Uint8Array.of(0)))).toBe("refused");
    expect(4 + 34 * MAX_LISTEN_ENTRIES).toBeLessThanOrEqual(MAX_RELAY_FRAME_BYTES);
  });

  it("have the bytes that docs/relay.md says", () => {
    const id = fromHex("00112233445566778899aabbccddeeff");
    const sideKey = fromHex("ffeeddccbbaa99887766554433221100");
    const examples: readonly (readonly [RelayFrame, string])[] = [
      [
        { type: "hello", features: 0, largestFrame: 65_540, accessToken: utf8("ab") },
        "010000000000000004000100026162",
      ],
      [
        {
          type: "welcome",
          features: 0,
          maxFrame: 65_540,
          maxTokens: 512,
          initialCredit: 65_536,
          pingSeconds: 25,
          bytesPerSecond: 4_194_304,
          unixSeconds: 1_795_392_000,
          reconnectJitterMs: 2000,
        },
        "0200000000000000040001000002000001001900000040000082036bd0070000",
      ],
      [
        { type: "listen", entries: [{ slot: 3, id, sideKey }] },
        `030000000300${toHex(id)}${toHex(sideKey)}`,
      ],
      [{ type: "unlisten", slots: [3, 258] }, "0400000003000201"],
      [{ type: "listening", entries: [{ slot: 3, status: "crowded" }] }, "05000000030001"],
      [{ type: "peer-up", epoch: 7, slot: 3, credit: 65_536 }, "0607030000000100"],
      [
        { type: "peer-down", epoch: 7, slot: 3, reason: "replaced", received: 513 },
        "07070300020102000000000000",
      ],
      [{ type: "data", epoch: 7, slot: 3, bytes: utf8("hi") }, "100703006869"],
      [{ type: "credit", epoch: 7, slot: 3, limit: 2 ** 40 + 1 }, "11070300010000000001"],
      [{ type: "ping", nonce: id.slice(0, 8) }, "200000000011223344556677"],
      [{ type: "go-away", minMs: 1, maxMs: 2, reason: 0 }, "30000000010000000200000000"],
      [{ type: "throttled", limitId: 1, rate: 2 }, "310000000102000000"],
      [{ type: "error", code: 4002, retryAfterSeconds: 3600 }, "3f000000a20f100e0000"],
    ];
    for (const [frame, hex] of examples) expect(toHex(encodeFrame(frame))).toBe(hex);
  });
});
