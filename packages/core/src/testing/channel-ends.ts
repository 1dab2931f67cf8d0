/** Two ends of a channel for tests: repeatable, with every part that a test may want to change in reach. */
import { ChannelInitiator, ChannelResponder } from "../channel/handshake.ts";
import type { ChannelOptions } from "../channel/handshake.ts";
import type { Session } from "../channel/session.ts";
import { compareBytes, toHex } from "../bytes/bytes.ts";
import { noblePeerPrimitives } from "../crypto/noble-peer.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import { softwareKey } from "../crypto/software-key.ts";
import { seededRandom } from "./seeded-random.ts";

/**
 * The same primitives, but costly results are computed once for each input: a test that changes one byte of a message
 * in a thousand places repeats everything but that byte.
 */
export const rememberingPrimitives = (crypto: PeerPrimitives): PeerPrimitives => {
  const known = new Map<string, readonly Uint8Array[]>();
  const once = (
    name: string,
    inputs: readonly Uint8Array[],
    compute: () => readonly Uint8Array[],
  ): Uint8Array[] => {
    const key = [name, ...inputs.map(toHex)].join(" ");
    const kept = known.get(key) ?? compute();
    known.set(key, kept);
    // Copies, since results are wiped after use.
    return kept.map((bytes) => bytes.slice());
  };
  const one = (name: string, inputs: readonly Uint8Array[], compute: () => Uint8Array) =>
    once(name, inputs, () => [compute()])[0] as Uint8Array;
  return {
    ...crypto,
    x25519PublicKey: (key) => one("public", [key], () => crypto.x25519PublicKey(key)),
    x25519: (key, publicKey) => one("dh", [key, publicKey], () => crypto.x25519(key, publicKey)),
    ed25519Sign: (seed, message) =>
      one("sign", [seed, message], () => crypto.ed25519Sign(seed, message)),
    ed25519Verify: (...inputs) =>
      one("verify", inputs, () => Uint8Array.of(crypto.ed25519Verify(...inputs) ? 1 : 0))[0] === 1,
    kemGenerate: (seed) => {
      const [publicKey, secretKey] = once("kem", [seed], () => {
        const pair = crypto.kemGenerate(seed);
        return [pair.publicKey, pair.secretKey];
      }) as [Uint8Array, Uint8Array];
      return { publicKey, secretKey };
    },
    kemEncapsulate: (publicKey, random) => {
      const [ciphertext, sharedSecret] = once("encapsulate", [publicKey, random], () => {
        const sealed = crypto.kemEncapsulate(publicKey, random);
        return [sealed.ciphertext, sealed.sharedSecret];
      }) as [Uint8Array, Uint8Array];
      return { ciphertext, sharedSecret };
    },
    kemDecapsulate: (secretKey, ciphertext) =>
      one("decapsulate", [secretKey, ciphertext], () =>
        crypto.kemDecapsulate(secretKey, ciphertext),
      ),
  };
};

export interface ChannelEnds {
  readonly initiator: ChannelOptions;
  readonly responder: ChannelOptions & { readonly logHeads: Uint8Array };
}

/** Options of two ends that fit each other; the same seed gives the same random values on both. */
export const channelEnds = (
  seed: number,
  cryptos: readonly [initiator: PeerPrimitives, responder: PeerPrimitives] = [
    noblePeerPrimitives,
    noblePeerPrimitives,
  ],
): ChannelEnds => {
  const random = seededRandom(seed);
  const bytes = (length: number): Uint8Array => random.bytes(length);
  const [small, large] = [bytes(32), bytes(32)].toSorted(compareBytes) as [Uint8Array, Uint8Array];
  const rendezvousId = bytes(16);
  const privateKeys = [bytes(32), bytes(32)] as const;
  const [initiatorKey, responderKey] = [0, 1].map((side) =>
    softwareKey(cryptos[side] as PeerPrimitives, privateKeys[side] as Uint8Array),
  ) as [ReturnType<typeof softwareKey>, ReturnType<typeof softwareKey>];
  const own = (side: 0 | 1) => {
    const ownRandom = seededRandom(seed * 2 + side);
    return {
      crypto: cryptos[side],
      random: (length: number) => ownRandom.bytes(length),
      rendezvousId,
      capabilities: { minVersion: 1, maxVersion: 1, features: 0 },
    };
  };
  return {
    initiator: {
      ...own(0),
      ownId: small,
      ownKey: initiatorKey,
      remoteId: large,
      remoteKey: responderKey.publicKey,
    },
    responder: {
      ...own(1),
      ownId: large,
      ownKey: responderKey,
      remoteId: small,
      remoteKey: initiatorKey.publicKey,
      logHeads: bytes(32),
    },
  };
};

/** Both sessions after a handshake; neither has sealed yet. */
export const openChannel = async (
  ends: ChannelEnds,
  nowMs: number = 0,
): Promise<{ readonly initiator: Session; readonly responder: Session }> => {
  const initiator = new ChannelInitiator(ends.initiator);
  const responder = new ChannelResponder(ends.responder);
  const answered = await responder.answer(await initiator.start(), nowMs);
  const { session } = await initiator.finish(answered.message, nowMs);
  return { initiator: session, responder: answered.channel.session };
};
