import { describe, expect, it } from "vitest";
import { noblePeerPrimitives } from "../crypto/noble-peer.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import { softwareKey } from "../crypto/software-key.ts";
import { MasqError } from "../errors.ts";
import { channelEnds, openChannel, rememberingPrimitives } from "../testing/channel-ends.ts";
import type { ChannelEnds } from "../testing/channel-ends.ts";
import { equal, rejectsCode, throwsCode } from "../testing/expect.ts";
import {
  ChannelInitiator,
  ChannelResponder,
  channelRole,
  MESSAGE_1_BYTES,
  MESSAGE_2_BYTES,
} from "./handshake.ts";
import type { ChannelOptions } from "./handshake.ts";

const FAILED = "MASQ_SESSION_FAILED";
const crypto = rememberingPrimitives(noblePeerPrimitives);
const ends = (seed = 1): ChannelEnds => channelEnds(seed, [crypto, crypto]);
const EMPTY = new Uint8Array(0);

type Changes = Partial<ChannelOptions>;

const initiatorOf = (seed = 1, changes: Changes = {}): ChannelInitiator =>
  new ChannelInitiator({ ...ends(seed).initiator, ...changes });
const responderOf = (seed = 1, changes: Changes = {}): ChannelResponder =>
  new ChannelResponder({ ...ends(seed).responder, ...changes });

const message1 = (seed = 1): Promise<Uint8Array> => initiatorOf(seed).start();
const message2 = async (seed = 1): Promise<Uint8Array> =>
  (await responderOf(seed).answer(await message1(seed), 0)).message;

/** What the responder, then the initiator says of a handshake with these changes. */
const outcome = async (
  initiatorChanges: Changes,
  responderChanges: Changes,
  seed = 1,
): Promise<string> => {
  const initiator = initiatorOf(seed, initiatorChanges);
  const first = await initiator.start();
  try {
    const { message } = await responderOf(seed, responderChanges).answer(first, 0);
    await initiator.finish(message, 0);
    return "open";
  } catch (error) {
    return error instanceof MasqError ? error.code : "unknown";
  }
};

const flipped = (bytes: Uint8Array, index: number): Uint8Array => {
  const copy = bytes.slice();
  copy[index] = (copy[index] as number) ^ (1 << (index % 8));
  return copy;
};

describe("the handshake of two devices", () => {
  it("gives both the same session, version, features and heads", async () => {
    const options = ends();
    const initiator = new ChannelInitiator({
      ...options.initiator,
      capabilities: { minVersion: 1, maxVersion: 4, features: 0xf000_00f1 },
    });
    const responder = new ChannelResponder({
      ...options.responder,
      capabilities: { minVersion: 2, maxVersion: 3, features: 0x8000_0013 },
    });
    const first = await initiator.start();
    const answered = await responder.answer(first, 0);
    equal([first.length, answered.message.length], [MESSAGE_1_BYTES, MESSAGE_2_BYTES]);
    equal([MESSAGE_1_BYTES, MESSAGE_2_BYTES], [1264, 1200]);
    const { session, version, features, remoteLogHeads } = await initiator.finish(
      answered.message,
      0,
    );
    const { channel } = answered;
    equal([version, channel.version], [3, 3]);
    equal([features, channel.features], [0x8000_0011, 0x8000_0011]);
    equal(remoteLogHeads, options.responder.logHeads);
    equal(session.id, channel.session.id);
    equal(session.handshakeHash, channel.session.handshakeHash);
    equal([session.canSeal, channel.session.canSeal], [true, false]);
  });

  it("lets the responder write only after it has opened the first record", async () => {
    const { initiator, responder } = await openChannel(ends());
    throwsCode(() => responder.seal(EMPTY, 0), "MASQ_INTERNAL");
    equal(responder.open(initiator.seal(EMPTY, 0), 0), EMPTY);
    equal(responder.canSeal, true);
    equal(initiator.open(responder.seal(Uint8Array.of(7), 0), 0), Uint8Array.of(7));
  });

  it("takes the smaller device id as initiator, and no other", () => {
    const { initiator, responder } = ends();
    equal(channelRole(initiator.ownId, responder.ownId), "initiator");
    equal(channelRole(responder.ownId, initiator.ownId), "responder");
    throwsCode(() => channelRole(initiator.ownId, initiator.ownId), "MASQ_INTERNAL");
    throwsCode(() => new ChannelInitiator(responder), "MASQ_INTERNAL");
    throwsCode(() => new ChannelResponder({ ...responder, ...initiator }), "MASQ_INTERNAL");
  });

  it("ends when no version is common, or when one is chosen that was not offered", async () => {
    const speaks = (minVersion: number, maxVersion: number): Changes => ({
      capabilities: { minVersion, maxVersion, features: 0 },
    });
    equal(await outcome(speaks(1, 2), speaks(2, 9)), "open");
    equal(await outcome(speaks(1, 2), speaks(3, 9)), FAILED);
    equal(await outcome(speaks(5, 6), speaks(3, 4)), FAILED);
    equal(
      await outcome(speaks(1, 1), { capabilities: { minVersion: 0, maxVersion: 1, features: 0 } }),
      "open",
    );
  });

  it.each<[string, Changes, Changes]>([
    ["another rendezvous", { rendezvousId: new Uint8Array(16) }, {}],
    ["another initiator's id", {}, { remoteId: new Uint8Array(32) }],
    ["another responder's id", { remoteId: new Uint8Array(32).fill(255) }, {}],
    ["another remote key", { remoteKey: softwareKey(crypto, new Uint8Array(32)).publicKey }, {}],
    ["another expected key", {}, { remoteKey: softwareKey(crypto, new Uint8Array(32)).publicKey }],
    ["another own key", { ownKey: softwareKey(crypto, new Uint8Array(32)) }, {}],
    ["another own key of the responder", {}, { ownKey: softwareKey(crypto, new Uint8Array(32)) }],
    ["a remote key of low order", {}, { remoteKey: new Uint8Array(32) }],
  ])("fails with %s", async (_what, initiator, responder) => {
    equal(await outcome(initiator, responder), FAILED);
  });
});

describe("a handshake under attack", () => {
  it("refuses message 1 with any byte changed", async () => {
    const message = await message1();
    for (let index = 0; index < message.length; index++) {
      await rejectsCode(responderOf().answer(flipped(message, index), 0), FAILED);
    }
  }, 60_000);

  it("refuses message 2 with any byte changed", async () => {
    const message = await message2();
    for (let index = 0; index < message.length; index++) {
      const initiator = initiatorOf();
      await initiator.start();
      await rejectsCode(initiator.finish(flipped(message, index), 0), FAILED);
    }
  }, 60_000);

  it("refuses messages cut, lengthened, out of turn, from another handshake or sent back", async () => {
    const [first, second] = [await message1(), await message2()];
    for (const bad of [
      EMPTY,
      first.subarray(0, 31),
      first.subarray(0, -1),
      Uint8Array.of(...first, 0),
      second,
      await message1(2),
      new Uint8Array(MESSAGE_1_BYTES),
    ]) {
      await rejectsCode(responderOf().answer(bad, 0), FAILED);
    }
    for (const bad of [
      EMPTY,
      second.subarray(0, -1),
      Uint8Array.of(...second, 0),
      first,
      await message2(2),
      new Uint8Array(MESSAGE_2_BYTES),
    ]) {
      const initiator = initiatorOf();
      await initiator.start();
      await rejectsCode(initiator.finish(bad, 0), FAILED);
      await rejectsCode(initiator.finish(second, 0), FAILED);
    }
  });

  it("answers a replayed message 1 and delivers nothing", async () => {
    const old = await openChannel(ends());
    const record = old.initiator.seal(Uint8Array.of(1), 0);
    const replayed = await message1();
    // The responder's randomness is fresh in each handshake.
    const fresh = responderOf(1, { random: ends(9).responder.random });
    const { channel } = await fresh.answer(replayed, 0);
    equal(channel.session.canSeal, false);
    throwsCode(() => channel.session.open(record, 0), FAILED);
    equal(channel.session.isClosed, true);
  });

  it("does each step once, and fails in any other order", async () => {
    const initiator = initiatorOf();
    await rejectsCode(initiator.finish(await message2(), 0), FAILED);
    await rejectsCode(initiator.start(), FAILED);
    const twice = initiatorOf();
    await twice.start();
    await rejectsCode(twice.start(), FAILED);
    const responder = responderOf();
    await responder.answer(await message1(), 0);
    await rejectsCode(responder.answer(await message1(), 0), FAILED);
    const closed = initiatorOf();
    closed.close();
    await rejectsCode(closed.start(), FAILED);
  });

  it("refuses ephemeral keys of low order", async () => {
    const [first, second] = [await message1(), await message2()];
    for (const low of [0, 1]) {
      const point = new Uint8Array(32);
      point[0] = low;
      first.set(point);
      await rejectsCode(responderOf().answer(first, 0), FAILED);
      second.set(point);
      const initiator = initiatorOf();
      await initiator.start();
      await rejectsCode(initiator.finish(second, 0), FAILED);
    }
  });

  it("refuses a KEM key that is none, even from a device it trusts", async () => {
    const bad = (change: (key: Uint8Array) => Uint8Array): PeerPrimitives => ({
      ...crypto,
      kemGenerate: (seed) => {
        const pair = crypto.kemGenerate(seed);
        return { ...pair, publicKey: change(pair.publicKey) };
      },
    });
    const tooLarge = (key: Uint8Array): Uint8Array => key.fill(0xff, 0, 3);
    equal(await outcome({ crypto: bad(tooLarge) }, {}), FAILED);
    equal(await outcome({ crypto: bad((key) => key) }, {}), "open");
  });

  it("fails when the KEM ciphertext is for another key", async () => {
    const other = crypto.kemGenerate(new Uint8Array(64).fill(9)).publicKey;
    const misled: PeerPrimitives = {
      ...crypto,
      kemEncapsulate: (_key, random) => crypto.kemEncapsulate(other, random),
    };
    equal(await outcome({}, { crypto: misled }), FAILED);
  });

  it("says the same of every failure, without a byte of a key in it", async () => {
    const errors = await Promise.all(
      [
        responderOf().answer(EMPTY, 0),
        responderOf().answer(flipped(await message1(), 0), 0),
        responderOf().answer(flipped(await message1(), 1200), 0),
        responderOf(1, { remoteKey: new Uint8Array(32) }).answer(await message1(), 0),
        initiatorOf().finish(await message2(), 0),
      ].map((promise) => promise.then(String, (error: Error) => error)),
    );
    expect(new Set(errors.map(String)).size).toBe(1);
    for (const error of errors) {
      expect((error as Error).cause).toBeUndefined();
      expect(String(error)).not.toMatch(/[0-9a-f]{8}|\d{2,},/i);
    }
  });
});
