import { describe, expect, it } from "vitest";
import { noblePeerPrimitives } from "../crypto/noble-peer.ts";
import { softwareKey } from "../crypto/software-key.ts";
import { rememberingPrimitives } from "../testing/channel-ends.ts";
import { equal, rejectsCode, throwsCode } from "../testing/expect.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import {
  MAX_DEVICE_RECORD_BYTES,
  PAIRING_MESSAGE_1_BYTES,
  PairingInitiator,
  PairingResponder,
} from "./pairing-handshake.ts";
import type { PairingOptions } from "./pairing-handshake.ts";
import { pairingKeys } from "./pairing-secret.ts";

const FAILED = "MASQ_SESSION_FAILED";
const crypto = rememberingPrimitives(noblePeerPrimitives);
const secret = seededRandom(77).bytes(32);
const keys = pairingKeys(crypto, secret, "initiator");

const optionsOf = (side: 1 | 2): PairingOptions => {
  const random = seededRandom(side);
  return {
    crypto,
    keys,
    ownKey: softwareKey(crypto, random.bytes(32)),
    ownRecord: random.bytes(side * 700),
    random: (length) => random.bytes(length),
  };
};

const pair = (scanner: Partial<PairingOptions> = {}, displayer: Partial<PairingOptions> = {}) => ({
  scanner: new PairingInitiator({ ...optionsOf(1), ...scanner }),
  displayer: new PairingResponder({ ...optionsOf(2), ...displayer }),
});

/** The messages of one pairing; all are the same on every call. */
const messages = async (): Promise<[Uint8Array, Uint8Array, Uint8Array]> => {
  const { scanner, displayer } = pair();
  const first = await scanner.start();
  const second = await displayer.answer(first);
  return [first, second, (await scanner.finish(second, 0)).message];
};

describe("the handshake of a pairing", () => {
  it("gives each the other's record, key and the same digits, and a session", async () => {
    const { scanner, displayer } = pair();
    const second = await displayer.answer(await scanner.start());
    const { message, paired } = await scanner.finish(second, 0);
    const other = await displayer.finish(message, 0);
    equal(paired.remoteRecord, optionsOf(2).ownRecord);
    equal(other.remoteRecord, optionsOf(1).ownRecord);
    equal(paired.remoteKey, optionsOf(2).ownKey.publicKey);
    equal(other.remoteKey, optionsOf(1).ownKey.publicKey);
    expect(paired.code).toMatch(/^\d{6}$/);
    equal(paired.code, other.code);
    equal(paired.session.id, other.session.id);
    const yes = Uint8Array.of(1);
    equal(other.session.open(paired.session.seal(yes, 0), 0), yes);
    equal(paired.session.open(other.session.seal(yes, 0), 0), yes);
  });

  it("shows on the wire only padded lengths", async () => {
    equal(
      (await messages()).map(({ length }) => length),
      [PAIRING_MESSAGE_1_BYTES, 32 + 1104 + 48 + 1408 + 16, 48 + 704 + 16],
    );
    equal(PAIRING_MESSAGE_1_BYTES, 1248);
  });

  it("refuses every message with any byte changed, cut or lengthened", async () => {
    const all = await messages();
    for (const [index, message] of all.entries()) {
      const deliver = async (bad: Uint8Array): Promise<unknown> => {
        const { scanner, displayer } = pair();
        const first = await scanner.start();
        if (index === 0) return displayer.answer(bad);
        const second = await displayer.answer(first);
        if (index === 1) return scanner.finish(bad, 0);
        await scanner.finish(second, 0);
        return displayer.finish(bad, 0);
      };
      for (let at = 0; at < message.length; at += 3) {
        const changed = message.slice();
        changed[at] = (changed[at] as number) ^ 1;
        await rejectsCode(deliver(changed), FAILED);
      }
      for (const bad of [
        message.subarray(0, 20),
        message.subarray(0, -1),
        Uint8Array.of(...message, 0),
        new Uint8Array(65_535),
        all[(index + 1) % 3] as Uint8Array,
      ]) {
        await rejectsCode(deliver(bad), FAILED);
      }
    }
  }, 60_000);

  it("fails with another secret, rendezvous or context, before anything but an ephemeral key is shown", async () => {
    const other = pairingKeys(crypto, new Uint8Array(32), "initiator");
    for (const changes of [
      { keys: { ...keys, psk: other.psk } },
      { keys: { ...keys, rendezvousId: other.rendezvousId } },
      { context: Uint8Array.of(1) },
    ]) {
      const { scanner, displayer } = pair(changes);
      await rejectsCode(displayer.answer(await scanner.start()), FAILED);
    }
  });

  it("fails when a message is sent back to its writer or played to a second pairing", async () => {
    const [first, second] = await messages();
    const { scanner } = pair();
    await rejectsCode(scanner.finish(await scanner.start(), 0), FAILED);
    const fresh = pair({ random: (length) => new Uint8Array(length).fill(3) });
    await fresh.scanner.start();
    await rejectsCode(fresh.scanner.finish(second, 0), FAILED);
    const again = pair({}, { random: (length) => new Uint8Array(length).fill(4) }).displayer;
    await again.answer(first);
    await rejectsCode(again.finish((await messages())[2], 0), FAILED);
  });

  it("has no way without a pre-shared key, and takes no record that is too long", () => {
    throwsCode(() => pair({ keys: { ...keys, psk: new Uint8Array(0) } }), "MASQ_INTERNAL");
    throwsCode(
      () => pair({ ownRecord: new Uint8Array(MAX_DEVICE_RECORD_BYTES + 1) }),
      "MASQ_INTERNAL",
    );
  });
});
