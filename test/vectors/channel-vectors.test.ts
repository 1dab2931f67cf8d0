/** Replays test/vectors/channel.json byte for byte on both backends. It is made by scripts/make-channel-vectors.ts. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fromHex, softwareKey, toHex } from "@masq/core";
import {
  ChannelInitiator,
  ChannelResponder,
  noblePeerPrimitives,
  paddedLength,
  PairingInitiator,
  pairingKeys,
  PairingResponder,
  pairRoot,
  rendezvousNow,
} from "@masq/core/peer";
import type { PeerPrimitives } from "@masq/core/peer";
import { describe, expect, it } from "vitest";
import { nodePeerPrimitives } from "../../packages/node/src/node-peer.ts";
import { makeChannelVectors } from "../../scripts/make-channel-vectors.ts";

type Vectors = Awaited<ReturnType<typeof makeChannelVectors>>;

const text = readFileSync(new URL("channel.json", import.meta.url), "utf8");
const vectors = JSON.parse(text) as Vectors;

/** Gives out the values of the file, in order and none more. */
const replayed = (values: readonly string[]) => {
  let next = 0;
  return {
    random: (length: number): Uint8Array => {
      const value = fromHex(values[next++] ?? "");
      expect(value.length, `random value ${next}`).toBe(length);
      return value;
    },
    requireAllUsed: () => expect(next).toBe(values.length),
  };
};

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const backends = { "@noble": noblePeerPrimitives, "node:crypto": nodePeerPrimitives };

describe("the vectors of the channel", () => {
  it("are what the generator makes", async () => {
    expect(`${JSON.stringify(await makeChannelVectors(), undefined, 1)}\n`).toBe(text);
  });

  it("have padded lengths as the channel has", () => {
    for (const [bytes, padded] of vectors.padding) expect(paddedLength(bytes as number)).toBe(padded);
  });

  // Each backend against itself and against the other.
  for (const [initiatorName, initiatorCrypto] of Object.entries(backends)) {
    for (const [responderName, responderCrypto] of Object.entries(backends)) {
      const names = `${initiatorName} to ${responderName}`;
      it(`replay a session, ${names}`, () => replaySession(initiatorCrypto, responderCrypto));
      it(`replay a pairing, ${names}`, () => replayPairing(initiatorCrypto, responderCrypto));
    }
    it(`give the rendezvous of each epoch, ${initiatorName}`, () =>
      replayRendezvous(initiatorCrypto));
  }
});

const replaySession = async (
  initiatorCrypto: PeerPrimitives,
  responderCrypto: PeerPrimitives,
): Promise<void> => {
  const { initiator: i, responder: r, ...vector } = vectors.session;
  const draws = { initiator: replayed(i.random), responder: replayed(r.random) };
  const rendezvousId = fromHex(vector.rendezvousId);
  const initiator = new ChannelInitiator({
    crypto: initiatorCrypto,
    random: draws.initiator.random,
    rendezvousId,
    ownId: fromHex(i.id),
    ownKey: softwareKey(initiatorCrypto, fromHex(i.staticPrivateKey)),
    remoteId: fromHex(r.id),
    remoteKey: fromHex(r.staticPublicKey),
    capabilities: i.offers,
  });
  const responder = new ChannelResponder({
    crypto: responderCrypto,
    random: draws.responder.random,
    rendezvousId,
    ownId: fromHex(r.id),
    ownKey: softwareKey(responderCrypto, fromHex(r.staticPrivateKey)),
    remoteId: fromHex(i.id),
    remoteKey: fromHex(i.staticPublicKey),
    capabilities: r.offers,
    logHeads: fromHex(r.logHeads),
  });
  const message1 = await initiator.start();
  expect(toHex(message1)).toBe(vector.message1);
  const answered = await responder.answer(message1, 0);
  expect(toHex(answered.message)).toBe(vector.message2);
  const channel = await initiator.finish(answered.message, 0);
  expect([channel.version, channel.features]).toEqual([vector.version, vector.features]);
  expect(toHex(channel.remoteLogHeads)).toBe(r.logHeads);
  const sessions = { initiator: channel.session, responder: answered.channel.session };
  for (const { id, handshakeHash } of Object.values(sessions)) {
    expect([toHex(id), toHex(handshakeHash)]).toEqual([vector.sessionId, vector.handshakeHash]);
  }
  for (const [index, each] of vector.records.entries()) {
    const data = new Uint8Array(each.length).fill(each.fill);
    const record = sessions[each.from].seal(data, each.nowMs);
    expect([record.length, sha256(record)], `record ${index}`).toEqual([each.bytes, each.sha256]);
    if (each.record !== undefined) expect(toHex(record)).toBe(each.record);
    const reader = sessions[each.from === "initiator" ? "responder" : "initiator"];
    expect(sha256(reader.open(record, each.nowMs))).toBe(sha256(data));
  }
  for (const side of Object.values(draws)) side.requireAllUsed();
};

const replayPairing = async (
  initiatorCrypto: PeerPrimitives,
  responderCrypto: PeerPrimitives,
): Promise<void> => {
  const { initiator: i, responder: r, ...vector } = vectors.pairing;
  const secret = fromHex(vector.secret);
  const optionsOf = (crypto: PeerPrimitives, role: "initiator" | "responder", side: typeof i) => {
    const keys = pairingKeys(crypto, secret, role);
    expect([toHex(keys.rendezvousId), toHex(keys.psk), toHex(keys.sideKey)]).toEqual([
      vector.rendezvousId,
      vector.psk,
      side.sideKey,
    ]);
    const draws = replayed(side.random);
    return {
      draws,
      options: {
        crypto,
        keys,
        random: draws.random,
        ownKey: softwareKey(crypto, fromHex(side.staticPrivateKey)),
        ownRecord: fromHex(side.deviceRecord),
      },
    };
  };
  const ours = optionsOf(initiatorCrypto, "initiator", i);
  const theirs = optionsOf(responderCrypto, "responder", r);
  const initiator = new PairingInitiator(ours.options);
  const responder = new PairingResponder(theirs.options);
  const message1 = await initiator.start();
  expect(toHex(message1)).toBe(vector.message1);
  const message2 = await responder.answer(message1);
  expect(toHex(message2)).toBe(vector.message2);
  const { message: message3, paired } = await initiator.finish(message2, 0);
  expect(toHex(message3)).toBe(vector.message3);
  const other = await responder.finish(message3, 0);
  for (const { code, session } of [paired, other]) {
    expect(code).toBe(vector.code);
    expect(toHex(session.handshakeHash)).toBe(vector.handshakeHash);
    expect(toHex(session.id)).toBe(vector.sessionId);
  }
  expect(toHex(paired.remoteRecord)).toBe(r.deviceRecord);
  expect(toHex(other.remoteRecord)).toBe(i.deviceRecord);
  const record = paired.session.seal(fromHex(vector.firstRecord.data), 0);
  expect(toHex(record)).toBe(vector.firstRecord.record);
  expect(toHex(other.session.open(record, 0))).toBe(vector.firstRecord.data);
  for (const { draws } of [ours, theirs]) draws.requireAllUsed();
};

const replayRendezvous = async (crypto: PeerPrimitives): Promise<void> => {
  const { initiator: i, responder: r } = vectors.session;
  const root = await pairRoot(
    crypto,
    softwareKey(crypto, fromHex(r.staticPrivateKey)),
    fromHex(i.staticPublicKey),
  );
  expect(toHex(root)).toBe(vectors.rendezvous.root);
  for (const { relayName, relaySeconds, epochs } of vectors.rendezvous.meetings) {
    for (const role of ["initiator", "responder"] as const) {
      const at = rendezvousNow(crypto, root, role, relayName, relaySeconds);
      expect(
        at.map(({ epoch, id, sideKey }) => [epoch, toHex(id), toHex(sideKey)]),
      ).toEqual(epochs.map((each) => [each.epoch, each.id, each[`${role}SideKey`]]));
    }
  }
};
