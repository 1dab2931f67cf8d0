import { describe, expect, it } from "vitest";
import { noblePrimitives } from "../crypto/noble.ts";
import type { DhKey } from "../crypto/primitives.ts";
import { softwareKey } from "../crypto/software-key.ts";
import { MasqError } from "../errors.ts";
import { equal, rejectsCode, throwsCode } from "../testing/expect.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { CipherState, MAX_NONCE } from "./cipher-state.ts";
import { createHandshake, MAX_NOISE_MESSAGE_BYTES } from "./handshake.ts";
import type { HandshakeOptions, HandshakeState } from "./handshake.ts";
import { parsePatternName, PATTERN_NAMES } from "./all-patterns.ts";

const crypto = noblePrimitives;
const random = seededRandom(20_260_101);
const EMPTY = new Uint8Array(0);
const FAILED = "MASQ_SESSION_FAILED";

const newKey = (): DhKey => softwareKey(crypto, random.bytes(32));
const aliceKey = newKey();
const bobKey = newKey();
const psk = random.bytes(32);

type Changes = Partial<HandshakeOptions>;

const optionsFor = (name: string, role: "initiator" | "responder"): HandshakeOptions => {
  const { knownStatics, messages } = parsePatternName(name);
  const [own, other] = role === "initiator" ? [aliceKey, bobKey] : [bobKey, aliceKey];
  const otherIsKnown = knownStatics.some((known) => known !== role);
  return {
    crypto,
    generateKey: async () => newKey(),
    pattern: parsePatternName(name),
    role,
    prologue: Uint8Array.of(1, 2, 3),
    s: own,
    rs: otherIsKnown ? other.publicKey : undefined,
    psks: messages.flat().flatMap((token) => (token === "psk" ? [psk] : [])),
  };
};

const pair = (name: string, alice: Changes = {}, bob: Changes = {}) => ({
  alice: createHandshake({ ...optionsFor(name, "initiator"), ...alice }),
  bob: createHandshake({ ...optionsFor(name, "responder"), ...bob }),
});

/** Passes messages in turn, the first `count` of them or all; `change` sees each on its way. */
const converse = async (
  name: string,
  { alice, bob }: { alice: HandshakeState; bob: HandshakeState },
  count: number = parsePatternName(name).messages.length,
): Promise<void> => {
  for (let index = 0; index < count; index++) {
    const [writer, reader] = index % 2 === 0 ? [alice, bob] : [bob, alice];
    const payload = Uint8Array.of(index, 42);
    equal(await reader.readMessage(await writer.writeMessage(payload)), payload, "payload");
  }
};

const expectDead = async (handshake: HandshakeState): Promise<void> => {
  equal(handshake.isComplete, false);
  await rejectsCode(handshake.writeMessage(EMPTY), FAILED);
  await rejectsCode(handshake.readMessage(EMPTY), FAILED);
  throwsCode(() => handshake.split(), FAILED);
  throwsCode(() => handshake.handshakeHash, FAILED);
  throwsCode(() => handshake.remoteStaticKey, FAILED);
};

const ended = async (work: () => Promise<void>): Promise<boolean> => {
  try {
    await work();
    return false;
  } catch (error) {
    return error instanceof MasqError && error.code === FAILED;
  }
};

describe("every pattern", () => {
  it.each(PATTERN_NAMES)(
    "%s agrees on the hash, the static keys and both directions",
    async (name) => {
      const both = pair(name);
      const { alice, bob } = both;
      await converse(name, both);
      equal([alice.isComplete, bob.isComplete], [true, true]);
      equal(alice.handshakeHash, bob.handshakeHash, "handshake hash");
      const { knownStatics, messages } = parsePatternName(name);
      const shows = (parity: 0 | 1): boolean =>
        knownStatics.includes(parity === 0 ? "initiator" : "responder") ||
        messages.some((tokens, index) => index % 2 === parity && tokens.includes("s"));
      equal(alice.remoteStaticKey, shows(1) ? bobKey.publicKey : undefined, "what alice knows");
      equal(bob.remoteStaticKey, shows(0) ? aliceKey.publicKey : undefined, "what bob knows");

      const [fromAlice, fromBob] = [alice.split(), bob.split()];
      for (const text of [EMPTY, random.bytes(100)]) {
        equal(
          fromBob.receive.decryptWithAd(EMPTY, fromAlice.send.encryptWithAd(EMPTY, text)),
          text,
        );
      }
      if (messages.length === 1) {
        throwsCode(() => fromBob.send.encryptWithAd(EMPTY, EMPTY), FAILED);
        throwsCode(() => fromAlice.receive.decryptWithAd(EMPTY, new Uint8Array(16)), FAILED);
      } else {
        const sealed = fromBob.send.encryptWithAd(EMPTY, Uint8Array.of(1));
        equal(fromAlice.receive.decryptWithAd(EMPTY, sealed), Uint8Array.of(1));
      }
    },
  );

  it("names that are none are refused", () => {
    for (const name of [
      "",
      "ZZ",
      "XXpsk4",
      "XXpsk1+psk1",
      "XXpsk2+psk0",
      "XXfallback",
      "constructor",
      "psk0",
    ]) {
      throwsCode(() => parsePatternName(name), "MASQ_INTERNAL");
    }
  });
});

describe("a handshake under attack", () => {
  // KK and XX are what Masq speaks; the psk form covers the keys of section 9.
  for (const name of ["KK", "XX", "NNpsk0"]) {
    const { length } = parsePatternName(name).messages;
    for (let attacked = 0; attacked < length; attacked++) {
      const prepared = async () => {
        const both = pair(name);
        await converse(name, both, attacked);
        const [writer, reader] =
          attacked % 2 === 0 ? [both.alice, both.bob] : [both.bob, both.alice];
        return { reader, message: await writer.writeMessage(Uint8Array.of(9, 9, 9)), both };
      };

      it(`${name}: message ${attacked + 1} with any byte changed ends it, and is never believed`, async () => {
        const bytes = (await prepared()).message.length;
        for (let index = 0; index < bytes; index++) {
          const { reader, message, both } = await prepared();
          message[index] = (message[index] ?? 0) ^ (1 << random.int(8));
          let victim = reader;
          const isRefused = await ended(async () => void (await reader.readMessage(message)));
          if (!isRefused) {
            // What is not yet encrypted (XX's first message) is refused when the other side first checks.
            equal(name === "XX" && attacked === 0, true, "accepted");
            victim = both.alice;
            await rejectsCode(victim.readMessage(await reader.writeMessage(EMPTY)), FAILED);
          }
          await expectDead(victim);
        }
      }, 30_000);

      it(`${name}: message ${attacked + 1} cut anywhere is refused or not believed`, async () => {
        const { message: whole } = await prepared();
        for (const cut of [0, 1, 31, 32, 47, whole.length - 1]) {
          if (cut >= whole.length) continue;
          const { reader, message, both } = await prepared();
          const isRefused = await ended(
            async () => void (await reader.readMessage(message.subarray(0, cut))),
          );
          if (isRefused) await expectDead(reader);
          else await rejectsCode(both.alice.readMessage(await reader.writeMessage(EMPTY)), FAILED);
        }
      });
    }
  }

  it("a message sent back to its writer is refused", async () => {
    const { alice, bob } = pair("XX");
    const first = await alice.writeMessage(EMPTY);
    await rejectsCode(alice.readMessage(first), FAILED);
    await expectDead(alice);
    await bob.readMessage(first);
    await rejectsCode(bob.readMessage(await bob.writeMessage(EMPTY)), FAILED);
    await expectDead(bob);
  });

  it("two initiators, two responders and a transcript from elsewhere are refused", async () => {
    const one = pair("KK");
    const other = pair("KK");
    await rejectsCode(other.alice.readMessage(await one.alice.writeMessage(EMPTY)), FAILED);
    await rejectsCode(one.bob.writeMessage(EMPTY), FAILED);
    const [first, second] = [pair("KK"), pair("KK")];
    await converse("KK", first, 1);
    await converse("KK", second, 1);
    await rejectsCode(first.alice.readMessage(await second.bob.writeMessage(EMPTY)), FAILED);
  });

  it.each<[string, string, Changes, Changes]>([
    ["another prologue", "XX", { prologue: Uint8Array.of(1, 2) }, {}],
    ["another prologue", "KK", { prologue: Uint8Array.of(1, 2) }, {}],
    ["another remote static key", "KK", { rs: newKey().publicKey }, {}],
    ["another expected initiator", "KK", {}, { rs: newKey().publicKey }],
    ["another own static key", "KK", { s: newKey() }, {}],
    ["another own static key", "IK", {}, { s: newKey() }],
    ["another pre-shared key", "XXpsk3", { psks: [random.bytes(32)] }, {}],
    ["the keys of a swapped pair", "KK", { s: bobKey, rs: aliceKey.publicKey }, {}],
    ["another pattern", "KK", { pattern: parsePatternName("K1K1") }, {}],
  ])("%s ends %s", async (_what, name, alice, bob) => {
    equal(await ended(() => converse(name, pair(name, alice, bob))), true, "ended");
  });

  it("keys of low order are refused wherever they come in", async () => {
    const { bob } = pair("KK");
    await rejectsCode(bob.readMessage(new Uint8Array(48)), FAILED);
    await expectDead(bob);
    const known = pair("KK", { rs: new Uint8Array(32) });
    await rejectsCode(known.alice.writeMessage(EMPTY), FAILED);
    await expectDead(known.alice);
  });

  it("longer messages than Noise allows are neither written nor read", async () => {
    const fits = pair("NN");
    const longest = new Uint8Array(MAX_NOISE_MESSAGE_BYTES - 32);
    equal(await fits.bob.readMessage(await fits.alice.writeMessage(longest)), longest);
    const writing = pair("NN");
    await rejectsCode(writing.alice.writeMessage(new Uint8Array(longest.length + 1)), FAILED);
    await expectDead(writing.alice);
    await rejectsCode(writing.bob.readMessage(new Uint8Array(MAX_NOISE_MESSAGE_BYTES + 1)), FAILED);
    await expectDead(writing.bob);
  });

  it("a second call while the first waits ends it, and the first gives nothing away", async () => {
    const { alice } = pair("KK");
    const [first, second] = await Promise.allSettled([
      alice.writeMessage(EMPTY),
      alice.writeMessage(EMPTY),
    ]);
    equal([first.status, second.status], ["rejected", "rejected"]);
    await expectDead(alice);
  });

  it("every failure reads the same, and a defect of ours stays visible as its cause", async () => {
    const broken: DhKey = {
      publicKey: bobKey.publicKey,
      dh: () => Promise.reject(new Error("platform")),
    };
    const { alice, bob } = pair("KK", {}, { s: broken });
    const failures = [
      pair("KK").bob.readMessage(EMPTY),
      pair("KK").bob.readMessage(new Uint8Array(48)),
      pair("KK").bob.readMessage(random.bytes(48)),
      pair("KK").bob.writeMessage(EMPTY),
      bob.readMessage(await alice.writeMessage(EMPTY)),
    ];
    const errors = await Promise.all(
      failures.map((failure) => failure.catch((error: unknown) => error)),
    );
    expect(new Set(errors.map(String)).size).toBe(1);
    expect(errors.map((error) => (error as Error).cause !== undefined)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });
});

describe("the life of a handshake", () => {
  it("shows a received static key only after its message verified", async () => {
    const { alice, bob } = pair("XX");
    await bob.readMessage(await alice.writeMessage(EMPTY));
    const second = await bob.writeMessage(EMPTY);
    const reading = alice.readMessage(second);
    equal(alice.remoteStaticKey, undefined);
    await reading;
    equal(alice.remoteStaticKey, bobKey.publicKey);
  });

  it("splits once, keeps its hash, and takes no message afterwards", async () => {
    const both = pair("NN");
    throwsCode(() => pair("NN").alice.split(), FAILED);
    await converse("NN", both);
    both.alice.split();
    equal(both.alice.isComplete, true);
    equal(both.alice.handshakeHash, both.bob.handshakeHash);
    throwsCode(() => both.alice.split(), FAILED);
    await expectDead(both.alice);
    await rejectsCode(both.bob.readMessage(EMPTY), FAILED);
    await expectDead(both.bob);
  });

  it("does not change its arguments, nor follow changes made to them", async () => {
    const both = pair("KK");
    const payload = random.bytes(20);
    const copy = payload.slice();
    const writing = both.alice.writeMessage(payload);
    payload.fill(0);
    const message = await writing;
    const reading = both.bob.readMessage(message);
    message.fill(0);
    equal(await reading, copy);
  });

  it("options that do not fit the pattern are a defect", () => {
    for (const [name, changes] of [
      ["XX", { s: undefined }],
      ["KK", { rs: undefined }],
      ["KK", { rs: new Uint8Array(31) }],
      ["XX", { rs: bobKey.publicKey }],
      ["NNpsk0", { psks: [] }],
      ["NN", { psks: [psk] }],
      ["NNpsk0", { psks: [new Uint8Array(31)] }],
    ] as const satisfies readonly (readonly [string, Changes])[]) {
      throwsCode(
        () => createHandshake({ ...optionsFor(name, "initiator"), ...changes }),
        "MASQ_INTERNAL",
      );
    }
  });
});

describe("CipherState", () => {
  const keyed = (): CipherState => {
    const state = new CipherState(crypto);
    state.initializeKey(new Uint8Array(32).fill(5));
    return state;
  };

  it("advances its nonce with each message and never on a failure", () => {
    const [writer, reader] = [keyed(), keyed()];
    const first = writer.encryptWithAd(EMPTY, Uint8Array.of(1));
    const second = writer.encryptWithAd(EMPTY, Uint8Array.of(1));
    expect(first).not.toEqual(second);
    for (const bad of [second, first.subarray(1), EMPTY]) {
      throwsCode(() => reader.decryptWithAd(EMPTY, bad), FAILED);
      equal(reader.nonce, 0);
    }
    throwsCode(() => reader.decryptWithAd(Uint8Array.of(0), first), FAILED);
    equal(reader.decryptWithAd(EMPTY, first), Uint8Array.of(1));
    throwsCode(() => reader.decryptWithAd(EMPTY, first), FAILED);
    equal(reader.decryptWithAd(EMPTY, second), Uint8Array.of(1));
    equal([writer.nonce, reader.nonce], [2, 2]);
  });

  it("puts its nonce little-endian after four zero bytes (section 12.3)", () => {
    for (const nonce of [0, 1, 255, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 7, MAX_NONCE - 1]) {
      const state = keyed();
      state.setNonce(nonce);
      const bytes = new Uint8Array(12);
      new DataView(bytes.buffer).setBigUint64(4, BigInt(nonce), true);
      const expected = crypto.seal(new Uint8Array(32).fill(5), bytes, EMPTY, EMPTY);
      equal(state.encryptWithAd(EMPTY, EMPTY), expected, `nonce ${nonce}`);
    }
  });

  it("refuses to go past its last nonce, and nonces that are none", () => {
    const state = keyed();
    state.setNonce(MAX_NONCE - 1);
    state.encryptWithAd(EMPTY, EMPTY);
    throwsCode(() => state.encryptWithAd(EMPTY, EMPTY), FAILED);
    throwsCode(() => state.decryptWithAd(EMPTY, new Uint8Array(16)), FAILED);
    equal(state.nonce, MAX_NONCE);
    for (const nonce of [-1, 0.5, Number.NaN, 2 ** 53])
      throwsCode(() => state.setNonce(nonce), FAILED);
  });

  it("refuses everything once destroyed, and wipes its key", () => {
    const state = new CipherState(crypto);
    const key = new Uint8Array(32).fill(5);
    state.initializeKey(key);
    state.destroy();
    equal(key, new Uint8Array(32));
    throwsCode(() => state.encryptWithAd(EMPTY, EMPTY), FAILED);
    throwsCode(() => state.decryptWithAd(EMPTY, EMPTY), FAILED);
    throwsCode(() => state.initializeKey(key), FAILED);
  });
});
