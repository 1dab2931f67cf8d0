import { describe, expect, it } from "vitest";
import { noblePeerPrimitives as crypto } from "../crypto/noble-peer.ts";
import { softwareKey } from "../crypto/software-key.ts";
import { equal, rejectsCode, throwsCode } from "../testing/expect.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { connectHandshake, CONNECT_SUITE, pairingHandshake, PAIRING_SUITE } from "./hybrid.ts";
import type { HybridOptions } from "./hybrid.ts";
import { parsePatternName } from "./all-patterns.ts";

const EMPTY = new Uint8Array(0);
const FAILED = "MASQ_SESSION_FAILED";
const psk = new Uint8Array(32).fill(5);
const random = seededRandom(3);
const staticKeys = [1, 2].map(() => softwareKey(crypto, random.bytes(32)));
const [aliceKey, bobKey] = staticKeys as [(typeof staticKeys)[0], (typeof staticKeys)[0]];

const optionsOf = (role: "initiator" | "responder"): HybridOptions => ({
  crypto,
  random: (length) => random.bytes(length),
  generateKey: async () => softwareKey(crypto, random.bytes(32)),
  role,
  prologue: Uint8Array.of(1),
  staticKey: role === "initiator" ? aliceKey : bobKey,
});

const connecting = () => ({
  alice: connectHandshake({ ...optionsOf("initiator"), remoteStaticKey: bobKey.publicKey }),
  bob: connectHandshake({ ...optionsOf("responder"), remoteStaticKey: aliceKey.publicKey }),
});

const pairing = (bobPsk = psk) => ({
  alice: pairingHandshake({ ...optionsOf("initiator"), psk }),
  bob: pairingHandshake({ ...optionsOf("responder"), psk: bobPsk }),
});

describe("the hybrid patterns", () => {
  it("agree on hash, static keys and the keys of both directions", async () => {
    for (const [{ alice, bob }, lengths] of [
      [connecting(), [32 + 1200 + 16, 32 + 1104 + 16]],
      [pairing(), [32 + 1200 + 16, 32 + 1104 + 48 + 16, 48 + 16]],
    ] as const) {
      for (const [index, length] of lengths.entries()) {
        const [writer, reader] = index % 2 === 0 ? [alice, bob] : [bob, alice];
        const message = await writer.writeMessage(EMPTY);
        equal(message.length, length, "length");
        equal(await reader.readMessage(message), EMPTY);
      }
      equal(alice.handshakeHash, bob.handshakeHash);
      equal(alice.remoteStaticKey, bobKey.publicKey);
      equal(bob.remoteStaticKey, aliceKey.publicKey);
      const keys = alice.splitKeys();
      equal(keys, bob.splitKeys());
      equal(
        keys.map(({ length }) => length),
        [32, 32],
      );
      throwsCode(() => alice.splitKeys(), FAILED);
    }
  });

  it("differ in every session, and by the secret the KEM adds", async () => {
    const misled = { ...crypto, kemDecapsulate: () => new Uint8Array(32) };
    const { bob } = connecting();
    const alice = connectHandshake({
      ...optionsOf("initiator"),
      crypto: misled,
      remoteStaticKey: bobKey.publicKey,
    });
    await bob.readMessage(await alice.writeMessage(EMPTY));
    await rejectsCode(alice.readMessage(await bob.writeMessage(EMPTY)), FAILED);
  });

  it("of pairing end with another pre-shared key, and do not exist without one", async () => {
    const { alice, bob } = pairing(new Uint8Array(32));
    await rejectsCode(bob.readMessage(await alice.writeMessage(EMPTY)), FAILED);
    // @ts-expect-error: the type demands it, and so does the pattern.
    expect(() => pairingHandshake(optionsOf("initiator"))).toThrow();
    const none = { ...optionsOf("initiator"), psk: EMPTY };
    throwsCode(() => pairingHandshake(none), "MASQ_INTERNAL");
    throwsCode(() => parsePatternName("XXhfs"), "MASQ_INTERNAL");
  });

  it("wipe the KEM's secret key when they fail", async () => {
    let secretKey: Uint8Array = EMPTY;
    const watched = {
      ...crypto,
      kemGenerate: (seed: Uint8Array) => {
        const pair = crypto.kemGenerate(seed);
        secretKey = pair.secretKey;
        return pair;
      },
    };
    const alice = pairingHandshake({ ...optionsOf("initiator"), crypto: watched, psk });
    await alice.writeMessage(EMPTY);
    expect(secretKey.some((byte) => byte !== 0)).toBe(true);
    await rejectsCode(alice.readMessage(EMPTY), FAILED);
    equal(secretKey, new Uint8Array(2400));
  });

  it("stand under names of their own", () => {
    equal(CONNECT_SUITE, "MasqKKhfs_25519+MLKEM768_ChaChaPoly_SHA256");
    equal(PAIRING_SUITE, "MasqXXhfspsk0_25519+MLKEM768_ChaChaPoly_SHA256");
  });
});
