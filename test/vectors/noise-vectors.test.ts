/**
 * Replays the published vectors of cacophony (public domain), which lie beside the checkout and are not part
 * of it: every Noise_*_25519_ChaChaPoly_SHA256, with both backends, down to the transport messages.
 */
import { existsSync, readFileSync } from "node:fs";
import { noblePrimitives, softwareKey, toHex, fromHex } from "@masq/core";
import type { Primitives } from "@masq/core";
import { nodePrimitives } from "../../packages/node/src/node-crypto.ts";
import { createHandshake } from "../../packages/core/src/noise/handshake.ts";
import type { HandshakeOptions, HandshakeState } from "../../packages/core/src/noise/handshake.ts";
import { parsePatternName } from "../../packages/core/src/noise/all-patterns.ts";
import { describe, expect, it } from "vitest";

const file = new URL("../../../shared/vectors/noise/cacophony.txt", import.meta.url);

const WANTED = /^Noise_([^_]+)_25519_ChaChaPoly_SHA256$/;

interface Vector {
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly resp_prologue: string;
  readonly init_ephemeral: string;
  readonly resp_ephemeral?: string;
  readonly init_static?: string;
  readonly resp_static?: string;
  readonly init_remote_static?: string;
  readonly resp_remote_static?: string;
  readonly init_psks?: readonly string[];
  readonly resp_psks?: readonly string[];
  readonly handshake_hash: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

const bytesOf = (text: string | undefined): Uint8Array | undefined =>
  text === undefined ? undefined : fromHex(text);

const patternOf = (vector: Vector): string => WANTED.exec(vector.protocol_name)?.[1] ?? "";

const start = (
  crypto: Primitives,
  vector: Vector,
  role: HandshakeOptions["role"],
): HandshakeState => {
  const side = role === "initiator" ? "init" : "resp";
  const privateKey = bytesOf(vector[`${side}_static`]);
  const ephemeral = bytesOf(vector[`${side}_ephemeral`]);
  return createHandshake({
    crypto,
    generateKey: async () => softwareKey(crypto, ephemeral as Uint8Array),
    pattern: parsePatternName(patternOf(vector)),
    role,
    prologue: fromHex(vector[`${side}_prologue`]),
    s: privateKey && softwareKey(crypto, privateKey),
    rs: bytesOf(vector[`${side}_remote_static`]),
    psks: vector[`${side}_psks`]?.map(fromHex),
  });
};

const EMPTY = new Uint8Array(0);

const replay = async (crypto: Primitives, vector: Vector): Promise<void> => {
  const initiator = start(crypto, vector, "initiator");
  const responder = start(crypto, vector, "responder");
  const handshakeLength = parsePatternName(patternOf(vector)).messages.length;
  for (const [index, { payload, ciphertext }] of vector.messages.slice(0, handshakeLength).entries()) {
    const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator];
    const message = await writer.writeMessage(fromHex(payload));
    expect(toHex(message), `message ${index}`).toBe(ciphertext);
    expect(toHex(await reader.readMessage(message)), `payload ${index}`).toBe(payload);
  }
  expect(toHex(initiator.handshakeHash)).toBe(vector.handshake_hash);
  expect(toHex(responder.handshakeHash)).toBe(vector.handshake_hash);

  const [ours, theirs] = [initiator.split(), responder.split()];
  const isOneWay = handshakeLength === 1;
  for (const [index, { payload, ciphertext }] of vector.messages.entries()) {
    if (index < handshakeLength) continue;
    const fromInitiator = isOneWay || index % 2 === 0;
    const [writer, reader] = fromInitiator ? [ours, theirs] : [theirs, ours];
    const message = writer.send.encryptWithAd(EMPTY, fromHex(payload));
    expect(toHex(message), `message ${index}`).toBe(ciphertext);
    expect(toHex(reader.receive.decryptWithAd(EMPTY, message)), `payload ${index}`).toBe(payload);
  }
};

if (existsSync(file)) {
  const text = readFileSync(file, "utf8");
  const all = (JSON.parse(text) as { vectors: readonly Vector[] }).vectors;
  const wanted = all.filter((vector) => WANTED.test(vector.protocol_name));

  describe(`Noise vectors of cacophony: ${wanted.length} of ${all.length} are ours`, () => {
    it("finds every vector of our algorithms in the file", () => {
      const named = text.match(/"Noise_[^_"]+_25519_ChaChaPoly_SHA256"/g) ?? [];
      expect(wanted.length).toBe(named.length);
      expect(wanted.length).toBeGreaterThan(30);
    });

    for (const [backend, crypto] of [
      ["@noble", noblePrimitives],
      ["node:crypto", nodePrimitives],
    ] as const) {
      it.each(wanted)(`$protocol_name replays on ${backend}`, (vector) => replay(crypto, vector));
    }
  });
} else {
  it.skip(`SKIPPED, no Noise vectors replayed: ${file.pathname} is absent`, () => undefined);
}
