import { describe, expect, it } from "vitest";
import { toHex } from "../bytes/bytes.ts";
import { noblePrimitives as crypto } from "../crypto/noble.ts";
import { softwareKey } from "../crypto/software-key.ts";
import { equal, rejectsCode, throwsCode } from "../testing/expect.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { pairingKeys } from "./pairing-secret.ts";
import {
  epochAt,
  pairRoot,
  rendezvousAt,
  rendezvousNow,
  secondsToNextEpoch,
} from "./rendezvous.ts";

const random = seededRandom(5);
const [a, b, c] = [1, 2, 3].map(() => softwareKey(crypto, random.bytes(32))) as [
  ReturnType<typeof softwareKey>,
  ReturnType<typeof softwareKey>,
  ReturnType<typeof softwareKey>,
];
const NOW = 1_795_000_000;
const DAY = 86_400;

const common = (one: Set<string>, other: Set<string>): number =>
  [...one].filter((id) => other.has(id)).length;

describe("a rendezvous", () => {
  it("is the same for both of a pair, with a side key for each", async () => {
    const [ofA, ofB] = [
      await pairRoot(crypto, a, b.publicKey),
      await pairRoot(crypto, b, a.publicKey),
    ];
    equal(ofA, ofB, "root");
    const mine = rendezvousNow(crypto, ofA, "initiator", "sync.example.org", NOW);
    const theirs = rendezvousNow(crypto, ofB, "responder", "sync.example.org", NOW);
    equal(
      mine.map(({ id }) => id),
      theirs.map(({ id }) => id),
      "ids",
    );
    equal([mine[1].id.length, mine[1].sideKey.length], [16, 16]);
    expect(toHex(mine[1].sideKey)).not.toBe(toHex(theirs[1].sideKey));
  });

  it("has an id and side keys of its own for each pair, sync service, epoch and side", async () => {
    const seen = new Set<string>();
    let made = 0;
    for (const key of [b.publicKey, c.publicKey]) {
      const root = await pairRoot(crypto, a, key);
      for (const name of ["sync.example.org", "sync.example.or", "sync.example.org2", ""]) {
        for (const epoch of [1, 2, 20_000]) {
          const [one, other] = (["initiator", "responder"] as const).map((role) =>
            rendezvousAt(crypto, root, role, name, epoch),
          ) as [ReturnType<typeof rendezvousAt>, ReturnType<typeof rendezvousAt>];
          for (const bytes of [one.id, one.sideKey, other.sideKey]) seen.add(toHex(bytes));
          made += 3;
        }
      }
    }
    equal(seen.size, made);
  });

  it("meets whenever two clocks differ by less than a day", async () => {
    const root = await pairRoot(crypto, a, b.publicKey);
    const idsAt = (seconds: number): Set<string> =>
      new Set(rendezvousNow(crypto, root, "initiator", "s", seconds).map(({ id }) => toHex(id)));
    for (let step = 0; step < 48; step++) {
      const here = NOW + step * 1800;
      for (const apart of [0, 3600, DAY - 1]) {
        equal(common(idsAt(here), idsAt(here + apart)) > 0, true, "they meet");
      }
    }
    equal(common(idsAt(NOW), idsAt(NOW + 3 * DAY)), 0);
  });

  it("says how long an epoch still lasts", async () => {
    const root = await pairRoot(crypto, a, b.publicKey);
    for (let step = 0; step < 48; step += 1) {
      const now = NOW + step * 1801;
      const left = secondsToNextEpoch(crypto, root, now);
      equal(left > 0 && left <= DAY, true);
      equal(epochAt(crypto, root, now + left - 1), epochAt(crypto, root, now));
      equal(epochAt(crypto, root, now + left), epochAt(crypto, root, now) + 1);
    }
  });

  it("changes once a day, at another time for each pair", async () => {
    const changes = new Set<number>();
    for (const key of [b, c]) {
      const root = await pairRoot(crypto, a, key.publicKey);
      const first = epochAt(crypto, root, NOW);
      let at = NOW;
      while (epochAt(crypto, root, at) === first) at += 60;
      equal(epochAt(crypto, root, at + DAY - 61), first + 1);
      changes.add(at);
    }
    equal(changes.size, 2);
  });

  it("refuses clocks that show no time, and keys of low order", async () => {
    const root = await pairRoot(crypto, a, b.publicKey);
    for (const seconds of [Number.NaN, -DAY, Number.POSITIVE_INFINITY, 2 ** 53]) {
      throwsCode(() => epochAt(crypto, root, seconds), "MASQ_MESSAGE_INVALID");
    }
    await rejectsCode(pairRoot(crypto, a, new Uint8Array(32)), "MASQ_SESSION_FAILED");
  });
});

describe("a pairing secret", () => {
  it("gives a rendezvous, two side keys and a key that have nothing in common", () => {
    const secret = random.bytes(32);
    const [scanner, displayer] = [
      pairingKeys(crypto, secret, "initiator"),
      pairingKeys(crypto, secret, "responder"),
    ];
    equal(scanner.rendezvousId, displayer.rendezvousId);
    equal(scanner.psk, displayer.psk);
    const all = [scanner.rendezvousId, scanner.sideKey, displayer.sideKey, scanner.psk];
    equal(new Set(all.map((each) => toHex(each).slice(0, 32))).size, 4);
    equal([scanner.rendezvousId.length, scanner.sideKey.length, scanner.psk.length], [16, 16, 32]);
    throwsCode(() => pairingKeys(crypto, new Uint8Array(16), "initiator"), "MASQ_INTERNAL");
  });
});
