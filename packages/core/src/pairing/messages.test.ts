import { encode } from "cborg";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../bytes/bytes.ts";
import type { SignedItem } from "../circle/signed-fields.ts";
import type { NamespaceId } from "../data/ids.ts";
import { equal, throwsCode } from "../testing/expect.ts";
import {
  decodeMessage,
  encodeMessage,
  logMessages,
  MAX_PAIRING_MESSAGE_BYTES,
  REFUSALS,
  type PairingMessage,
} from "./messages.ts";

const items: fc.Arbitrary<SignedItem> = fc.tuple(
  fc.uint8Array({ maxLength: 50 }),
  fc.uint8Array({ minLength: 64, maxLength: 64 }),
);

const messages: fc.Arbitrary<PairingMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("offer" as const),
    offer: fc.record({
      circle: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex),
      members: fc.integer({ min: 1, max: 4096 }),
      lists: fc.boolean(),
      admits: fc.boolean(),
      role: fc.constantFrom("store" as const, "app" as const),
      scope: fc.constantFrom(undefined, "https://maps.example.org" as NamespaceId),
    }),
  }),
  fc.constantFrom<PairingMessage>({ kind: "agree" }, { kind: "done" }),
  fc.record({ kind: fc.constant("refuse" as const), refusal: fc.constantFrom(...REFUSALS) }),
  fc.record({
    kind: fc.constant("log" as const),
    isLast: fc.boolean(),
    items: fc.array(items, { minLength: 1, maxLength: 5 }),
  }),
);

const circle = new Uint8Array(32).fill(0xab);

describe("the messages of a pairing", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual(message);
      }),
    );
  });

  it("are the examples on the page", () => {
    const offer = {
      circle: toHex(circle),
      members: 2,
      lists: false,
      admits: false,
      role: "app",
      scope: undefined,
    } as const;
    equal(
      [
        { kind: "offer", offer } as const,
        { kind: "agree" } as const,
        { kind: "refuse", refusal: "cancelled" } as const,
        { kind: "log", isLast: true, items: [[Uint8Array.of(1), Uint8Array.of(2)]] } as const,
        { kind: "done" } as const,
      ].map((message) => toHex(encodeMessage(message))),
      [`87015820${"ab".repeat(32)}02f4f401f6`, "8102", "820302", "8304f5818241014102", "8105"],
    );
  });

  it("are refused in any other form", () => {
    const offer = [1, circle, 2, false, true, 1, null];
    const changed = (at: number, field: unknown): unknown[] =>
      offer.map((one, index) => (index === at ? field : one));
    for (const bad of [
      ...[circle.subarray(1), "ab", null].map((field) => changed(1, field)),
      ...[0, -1, 1.5, 4097, "2", null].map((field) => changed(2, field)),
      ...[0, null].map((field) => changed(3, field)),
      ...[0, null].map((field) => changed(4, field)),
      ...[2, -1, 0.5, "store", null].map((field) => changed(5, field)),
      ...["nowhere", 5, "x".repeat(600)].map((field) => changed(6, field)),
      offer.slice(0, -1),
      [...offer, null],
      [2, 0],
      [3],
      [3, 4],
      [3, "declined"],
      [4, true, []],
      [4, true, [[circle]]],
      [4, true, [[circle, circle, circle]]],
      [4, true, ["ab"]],
      [4, 1, [[circle, circle]]],
      [4, true, Array(4097).fill([circle, circle])],
      [5, null],
      [0],
      [6],
      [],
      {},
      1,
    ]) {
      throwsCode(() => decodeMessage(encode(bad)), "MASQ_MESSAGE_INVALID");
    }
    throwsCode(() => decodeMessage(new Uint8Array(0)), "MASQ_MESSAGE_INVALID");
    throwsCode(() => decodeMessage(Uint8Array.of(0x81, 2, 0)), "MASQ_MESSAGE_INVALID");
  });

  it("carry a log of any length, in order, none too long", () => {
    const all = Array.from({ length: 300 }, (_, index): SignedItem => [
      new Uint8Array(index % 3 === 0 ? 8192 : 1500).fill(index),
      new Uint8Array(64),
    ]);
    for (const length of [1, 2, 15, 300]) {
      const sent = logMessages(all.slice(0, length)).map(encodeMessage);
      for (const { length: bytes } of sent) expect(bytes).toBeLessThan(MAX_PAIRING_MESSAGE_BYTES);
      const logs = sent.map(decodeMessage).flatMap((one) => (one.kind === "log" ? [one] : []));
      equal(
        logs.flatMap((log) => log.items),
        all.slice(0, length),
      );
      equal(
        logs.map(({ isLast }) => isLast),
        logs.map((_, index) => index === logs.length - 1),
      );
    }
  });
});
