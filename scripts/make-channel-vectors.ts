/**
 * Writes test/vectors/channel.json: a session, a pairing and rendezvous ids with every random value fixed, so that
 * another implementation written from docs/channel.md can be compared byte for byte.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fromHex, softwareKey, toHex, utf8 } from "../packages/core/src/index.ts";
import {
  ChannelInitiator,
  ChannelResponder,
  noblePeerPrimitives as crypto,
  paddedLength,
  PairingInitiator,
  pairingKeys,
  PairingResponder,
  pairRoot,
  rendezvousNow,
} from "../packages/core/src/peer.ts";
import type { Session } from "../packages/core/src/peer.ts";
import { connectPrologue, pairingPrologue } from "../packages/core/src/channel/prologue.ts";
import { channelEnds } from "../packages/core/src/testing/channel-ends.ts";
import { seededRandom } from "../packages/core/src/testing/seeded-random.ts";

type Side = "initiator" | "responder";

/** Random bytes that are written down as they are drawn. */
const recorded = (seed: number): { drawn: string[]; random: (length: number) => Uint8Array } => {
  const source = seededRandom(seed);
  const drawn: string[] = [];
  return {
    drawn,
    random: (length) => {
      const bytes = source.bytes(length);
      drawn.push(toHex(bytes));
      return bytes;
    },
  };
};

/** One record: who seals it and when, `length` data bytes that all are `fill`, and the record or its hash. */
export interface VectorRecord {
  readonly from: Side;
  readonly nowMs: number;
  readonly length: number;
  readonly fill: number;
  readonly bytes: number;
  readonly record?: string;
  readonly sha256: string;
}

/** The first records are shown whole unless they are long; of the others the hash suffices. */
const SHOWN_RECORDS = 40;
const LONGEST_SHOWN = 700;

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const converse = (sessions: Record<Side, Session>): VectorRecord[] => {
  const records: VectorRecord[] = [];
  const pass = (from: Side, nowMs: number, length: number, fill = records.length % 256): void => {
    const record = sessions[from].seal(new Uint8Array(length).fill(fill), nowMs);
    sessions[from === "initiator" ? "responder" : "initiator"].open(record, nowMs);
    records.push({
      from,
      nowMs,
      length,
      fill,
      bytes: record.length,
      ...(records.length < SHOWN_RECORDS &&
        record.length <= LONGEST_SHOWN && { record: toHex(record) }),
      sha256: sha256(record),
    });
  };
  // The first record, empty; then turns within a second, where only the responder needs a new key.
  pass("initiator", 0, 0);
  pass("responder", 5, 20);
  pass("initiator", 10, 30);
  pass("responder", 20, 40);
  // A second later each side steps.
  for (const nowMs of [1100, 2200, 3300]) {
    pass("initiator", nowMs, 100);
    pass("initiator", nowMs, 101);
    pass("responder", nowMs + 50, 200);
  }
  // A stream in one direction, with an empty answer when one is due.
  for (let nowMs = 5000; nowMs <= 8000; nowMs += 300) {
    pass("initiator", nowMs, 64);
    if (sessions.responder.mustAnswer(nowMs)) pass("responder", nowMs, 0);
  }
  // Around the steps of the padding grid.
  for (const length of [1, 252, 253, 268, 269, 508, 509, 1000, 5000, 63_484, 63_485, 65_396]) {
    pass("responder", 9000, length);
  }
  // Many records in one chain, then one under a key that is due by their number.
  for (let count = 0; count < 256; count++) pass("responder", 9100, 8);
  pass("initiator", 9200, 9);
  pass("responder", 9300, 10);
  return records;
};

const session = async () => {
  const draws = { initiator: recorded(1), responder: recorded(2) };
  const { initiator: i, responder: r } = channelEnds(2026);
  const privateKeys = [seededRandom(3).bytes(32), seededRandom(4).bytes(32)] as const;
  const keys = privateKeys.map((key) => softwareKey(crypto, key));
  const [initiatorKey, responderKey] = keys as [(typeof keys)[0], (typeof keys)[0]];
  const offers = {
    initiator: { minVersion: 1, maxVersion: 3, features: 0xf000_0001 },
    responder: { minVersion: 2, maxVersion: 4, features: 0x8000_0003 },
  };
  const initiator = new ChannelInitiator({
    ...i,
    random: draws.initiator.random,
    ownKey: initiatorKey,
    remoteKey: responderKey.publicKey,
    capabilities: offers.initiator,
  });
  const responder = new ChannelResponder({
    ...r,
    random: draws.responder.random,
    ownKey: responderKey,
    remoteKey: initiatorKey.publicKey,
    capabilities: offers.responder,
  });
  const message1 = await initiator.start();
  const answered = await responder.answer(message1, 0);
  const channel = await initiator.finish(answered.message, 0);
  const sessions = { initiator: channel.session, responder: answered.channel.session };
  const records = converse(sessions);
  return {
    rendezvousId: toHex(i.rendezvousId),
    initiator: {
      id: toHex(i.ownId),
      staticPrivateKey: toHex(privateKeys[0]),
      staticPublicKey: toHex(initiatorKey.publicKey),
      offers: offers.initiator,
      random: draws.initiator.drawn,
    },
    responder: {
      id: toHex(r.ownId),
      staticPrivateKey: toHex(privateKeys[1]),
      staticPublicKey: toHex(responderKey.publicKey),
      offers: offers.responder,
      logHeads: toHex(r.logHeads),
      random: draws.responder.drawn,
    },
    prologue: toHex(connectPrologue(i.rendezvousId, i.ownId, r.ownId)),
    message1: toHex(message1),
    message2: toHex(answered.message),
    version: channel.version,
    features: channel.features,
    handshakeHash: toHex(channel.session.handshakeHash),
    sessionId: toHex(channel.session.id),
    records,
  };
};

const pairing = async () => {
  const draws = { initiator: recorded(11), responder: recorded(12) };
  const secret = seededRandom(13).bytes(32);
  const sides = { initiator: seededRandom(14).bytes(32), responder: seededRandom(15).bytes(32) };
  const records = { initiator: utf8("a phone"), responder: seededRandom(16).bytes(1400) };
  const keys = {
    initiator: pairingKeys(crypto, secret, "initiator"),
    responder: pairingKeys(crypto, secret, "responder"),
  };
  const optionsOf = (side: Side) => ({
    crypto,
    random: draws[side].random,
    keys: keys[side],
    ownKey: softwareKey(crypto, sides[side]),
    ownRecord: records[side],
  });
  const initiator = new PairingInitiator(optionsOf("initiator"));
  const responder = new PairingResponder(optionsOf("responder"));
  const message1 = await initiator.start();
  const message2 = await responder.answer(message1);
  const { message: message3, paired } = await initiator.finish(message2, 0);
  const other = await responder.finish(message3, 0);
  const record = paired.session.seal(utf8("yes"), 0);
  other.session.open(record, 0);
  const side = (name: Side) => ({
    sideKey: toHex(keys[name].sideKey),
    staticPrivateKey: toHex(sides[name]),
    deviceRecord: toHex(records[name]),
    random: draws[name].drawn,
  });
  return {
    secret: toHex(secret),
    rendezvousId: toHex(keys.initiator.rendezvousId),
    psk: toHex(keys.initiator.psk),
    initiator: side("initiator"),
    responder: side("responder"),
    prologue: toHex(pairingPrologue(keys.initiator.rendezvousId, new Uint8Array(0))),
    message1: toHex(message1),
    message2: toHex(message2),
    message3: toHex(message3),
    handshakeHash: toHex(paired.session.handshakeHash),
    code: paired.code,
    sessionId: toHex(paired.session.id),
    firstRecord: { data: toHex(utf8("yes")), record: toHex(record) },
  };
};

const rendezvous = async (vector: Awaited<ReturnType<typeof session>>) => {
  const own = softwareKey(crypto, fromHex(vector.initiator.staticPrivateKey));
  const root = await pairRoot(crypto, own, fromHex(vector.responder.staticPublicKey));
  const meetings = ["sync.example.org", "", "s\u00e9jour"].flatMap((relayName) =>
    [86_400, 1_795_000_000, 4_000_000_000].map((relaySeconds) => {
      const [ours, theirs] = (["initiator", "responder"] as const).map((role) =>
        rendezvousNow(crypto, root, role, relayName, relaySeconds),
      ) as [ReturnType<typeof rendezvousNow>, ReturnType<typeof rendezvousNow>];
      const epochs = ours.map(({ epoch, id, sideKey }, index) => ({
        epoch,
        id: toHex(id),
        initiatorSideKey: toHex(sideKey),
        responderSideKey: toHex((theirs[index] as (typeof theirs)[0]).sideKey),
      }));
      return { relayName, relaySeconds, epochs };
    }),
  );
  return { root: toHex(root), meetings };
};

/** The whole file's content. */
export const makeChannelVectors = async () => {
  const aSession = await session();
  return {
    about:
      "Vectors of docs/channel.md. Bytes are hexadecimal. `random` lists a side's random values in the order drawn.",
    session: aSession,
    pairing: await pairing(),
    rendezvous: await rendezvous(aSession),
    padding: [0, 4, 256, 257, 272, 273, 1000, 4097, 32_769, 63_488, 63_489, 65_400].map((bytes) => [
      bytes,
      paddedLength(bytes),
    ]),
  };
};

if (import.meta.main) {
  const file = new URL("../test/vectors/channel.json", import.meta.url);
  writeFileSync(file, `${JSON.stringify(await makeChannelVectors(), undefined, 1)}\n`);
}
