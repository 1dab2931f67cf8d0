import * as crypto from "node:crypto";
import { noblePeerPrimitives } from "@masq/core/peer";
import type { PeerPrimitives } from "@masq/core/peer";
import { describe, it } from "vitest";
import { channelEnds, openChannel } from "../../core/src/testing/channel-ends.ts";
import { equal } from "../../core/src/testing/expect.ts";
import { peerPrimitivesCases } from "../../core/src/testing/peer-primitives-cases.ts";
import { primitivesCases } from "../../core/src/testing/primitives-cases.ts";
import { seededRandom } from "../../core/src/testing/seeded-random.ts";
import { nodePeerPrimitives } from "./node-peer.ts";

describe("peer primitives on node:crypto, compared with @noble", () => {
  for (const each of [...primitivesCases, ...peerPrimitivesCases]) {
    it(each.name, () => each.run(nodePeerPrimitives, noblePeerPrimitives));
  }
});

describe("a channel between a device on node:crypto and one on @noble", () => {
  it.each([1, 2, 3, 4, 5, 6])("carries a long random conversation, seed %i", async (seed) => {
    const both = [nodePeerPrimitives, noblePeerPrimitives] as const;
    const [a, b] = seed % 2 === 0 ? both : both.toReversed();
    const { initiator, responder } = await openChannel(
      channelEnds(seed, [a as PeerPrimitives, b as PeerPrimitives]),
    );
    const random = seededRandom(seed);
    let now = 0;
    responder.open(initiator.seal(new Uint8Array(0), now), now);
    for (let index = 0; index < 300; index++) {
      const [from, to] = random.int(2) === 0 ? [initiator, responder] : [responder, initiator];
      // Records of both directions cross on their way.
      const data = Array.from({ length: 1 + random.int(4) }, () => random.bytes(random.int(3000)));
      const reply = random.bytes(random.int(100));
      const records = data.map((each) => from.seal(each, now));
      const crossing = to.seal(reply, now);
      for (const [at, record] of records.entries()) equal(to.open(record, now), data[at]);
      equal(from.open(crossing, now), reply);
      for (const [reader, writer] of [
        [to, from],
        [from, to],
      ] as const) {
        if (reader.mustAnswer(now)) writer.open(reader.seal(new Uint8Array(0), now), now);
      }
      now += random.int(500);
    }
  });
});

/** What precedes a 64-byte ML-KEM-768 seed in PKCS #8 (RFC 9935, the form that holds the seed alone). */
const KEM_SEED_PREFIX = "3054020100300b06096086480165030404020442" + "8040";

describe.skipIf(!("encapsulate" in crypto))(
  "ML-KEM-768 of OpenSSL, an implementation apart",
  () => {
    it("makes the same keys of a seed, and each side opens what the other sealed", () => {
      const random = seededRandom(31);
      for (let round = 0; round < 4; round++) {
        const seed = random.bytes(64);
        const ours = nodePeerPrimitives.kemGenerate(seed);
        const privateKey = crypto.createPrivateKey({
          key: Buffer.concat([Buffer.from(KEM_SEED_PREFIX, "hex"), seed]),
          format: "der",
          type: "pkcs8",
        });
        const publicKey = crypto.createPublicKey(privateKey);
        const spki = publicKey.export({ format: "der", type: "spki" });
        equal(new Uint8Array(spki.subarray(-1184)), ours.publicKey, "public key");

        const sealed = nodePeerPrimitives.kemEncapsulate(ours.publicKey, random.bytes(32));
        const opened = crypto.decapsulate(privateKey, sealed.ciphertext);
        equal(new Uint8Array(opened), sealed.sharedSecret, "theirs of ours");
        const theirs = crypto.encapsulate(publicKey);
        equal(
          nodePeerPrimitives.kemDecapsulate(ours.secretKey, new Uint8Array(theirs.ciphertext)),
          new Uint8Array(theirs.sharedKey),
          "ours of theirs",
        );
        // Implicit rejection (FIPS 203, algorithm 18) is part of the algorithm, and so the same.
        sealed.ciphertext[0] = (sealed.ciphertext[0] as number) ^ 1;
        equal(
          nodePeerPrimitives.kemDecapsulate(ours.secretKey, sealed.ciphertext),
          new Uint8Array(crypto.decapsulate(privateKey, sealed.ciphertext)),
          "both of a changed one",
        );
      }
    });
  },
);
