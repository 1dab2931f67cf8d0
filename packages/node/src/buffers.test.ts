/** A Buffer's `slice` is a view: what core copies must stay apart from it all the same. */
import { createHandshake, softwareKey } from "@masq/core";
import { expect, it } from "vitest";
import { parsePatternName } from "../../core/src/noise/all-patterns.ts";
import { nodePrimitives } from "./node-crypto.ts";

const newKey = () => softwareKey(nodePrimitives, Buffer.alloc(32, 7));

it("wiping a key leaves the Buffer it was made from alone", () => {
  const privateKey = Buffer.alloc(32, 7);
  softwareKey(nodePrimitives, privateKey).destroy?.();
  expect(privateKey.every((byte) => byte === 7)).toBe(true);
});

it("a handshake that ends wipes its own copy of a pre-shared key", async () => {
  const psk = Buffer.alloc(32, 9);
  const handshake = createHandshake({
    crypto: nodePrimitives,
    generateKey: async () => newKey(),
    pattern: parsePatternName("NNpsk0"),
    role: "responder",
    prologue: new Uint8Array(0),
    psks: [psk],
  });
  await expect(handshake.readMessage(new Uint8Array(48))).rejects.toMatchObject({
    code: "MASQ_SESSION_FAILED",
  });
  expect(psk.every((byte) => byte === 9)).toBe(true);
});

it("a cipher key that its owner overwrites is not used again", () => {
  const key = Buffer.alloc(32, 1);
  const nonce = new Uint8Array(12);
  const before = nodePrimitives.seal(key, nonce, nonce, nonce);
  key.fill(2);
  expect(nodePrimitives.seal(key, nonce, nonce, nonce)).not.toEqual(before);
});
