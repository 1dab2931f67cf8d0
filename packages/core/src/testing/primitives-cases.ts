/**
 * What every `Primitives` backend must do, as data: published answers, then properties that hold for the
 * subject alone or compare it with a reference backend on seeded random inputs.
 */
import { fromHex, utf8 } from "../bytes/bytes.ts";
import { hkdf } from "../crypto/kdf.ts";
import type { Primitives } from "../crypto/primitives.ts";
import { equal, isTrue, throwsCode } from "./expect.ts";
import { seededRandom } from "./seeded-random.ts";
import type { SeededRandom } from "./seeded-random.ts";

export interface PrimitivesCase {
  readonly name: string;
  run(subject: Primitives, reference: Primitives): void | Promise<void>;
}

const hex = (text: string): Uint8Array => fromHex(text.replaceAll(/\s/g, ""));

/** A copy with one bit changed. */
const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
};

/** A public key of 0xff bytes but for its first and last: the numbers around the prime 2^255 - 19. */
const nearTop = (lowByte: number, topByte: number): Uint8Array => {
  const key = new Uint8Array(32).fill(0xff);
  key[0] = lowByte;
  key[31] = topByte;
  return key;
};

/** Every u whose order divides eight, on the curve and its twist, with its encodings below 2^255. */
const lowOrderPoints: readonly Uint8Array[] = [
  new Uint8Array(32),
  hex(`01${"00".repeat(31)}`),
  hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
  hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
  nearTop(0xec, 0x7f),
  nearTop(0xed, 0x7f),
  nearTop(0xee, 0x7f),
];

const aead = (random: SeededRandom, plaintextBytes: number, adBytes: number) => ({
  key: random.bytes(32),
  nonce: random.bytes(12),
  ad: random.bytes(adBytes),
  plaintext: random.bytes(plaintextBytes),
});

/** Around the block sizes of ChaCha20 (64), Poly1305 (16) and SHA-256 (64), and one record. */
const lengths = [
  0, 1, 15, 16, 17, 31, 32, 33, 55, 56, 63, 64, 65, 127, 128, 129, 200, 1000, 65_519,
];

export const primitivesCases: readonly PrimitivesCase[] = [
  {
    name: "SHA-256 gives the answers of FIPS 180-4 for abc and for nothing",
    run: (subject) => {
      equal(
        subject.sha256(utf8("abc")),
        hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      );
      equal(
        subject.sha256(new Uint8Array(0)),
        hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      );
    },
  },
  {
    name: "HMAC-SHA-256 gives the answer of RFC 4231 case 2",
    run: (subject) => {
      equal(
        subject.hmacSha256(utf8("Jefe"), utf8("what do ya want for nothing?")),
        hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
      );
    },
  },
  {
    name: "HKDF over HMAC gives the answer of RFC 5869 case 1",
    run: (subject) => {
      const derived = hkdf(
        subject,
        hex("000102030405060708090a0b0c"),
        new Uint8Array(22).fill(0x0b),
        hex("f0f1f2f3f4f5f6f7f8f9"),
        42,
      );
      equal(
        derived,
        hex(`3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf
             34007208d5b887185865`),
      );
    },
  },
  {
    name: "X25519 gives the answers of RFC 7748 section 5.2",
    run: (subject) => {
      equal(
        subject.x25519(
          hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
          hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
        ),
        hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"),
      );
      equal(
        subject.x25519(
          hex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
          hex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"),
        ),
        hex("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"),
      );
      const nine = hex(`09${"00".repeat(31)}`);
      equal(
        subject.x25519(nine, nine),
        hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"),
      );
    },
  },
  {
    name: "X25519 gives the answers of RFC 7748 section 6.1",
    run: (subject) => {
      const alice = hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
      const alicePublic = hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
      const bob = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
      const bobPublic = hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
      const shared = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
      equal(subject.x25519PublicKey(alice), alicePublic);
      equal(subject.x25519PublicKey(bob), bobPublic);
      equal(subject.x25519(alice, bobPublic), shared);
      equal(subject.x25519(bob, alicePublic), shared);
    },
  },
  {
    name: "ChaCha20-Poly1305 gives the answer of RFC 8439 section 2.8.2",
    run: (subject) => {
      const key = Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index);
      const nonce = hex("070000004041424344454647");
      const ad = hex("50515253c0c1c2c3c4c5c6c7");
      const plaintext = utf8(
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
      );
      const ciphertext = hex(`
        d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6
        3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36
        92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
        3ff4def08e4b7a9de576d26586cec64b6116
        1ae10b594f09e26a7e902ecbd0600691`);
      equal(subject.seal(key, nonce, ad, plaintext), ciphertext);
      equal(subject.open(key, nonce, ad, ciphertext), plaintext);
    },
  },
  {
    name: "hashes and MACs equal the reference at every length around a block",
    run: (subject, reference) => {
      const random = seededRandom(1);
      for (const length of lengths) {
        const data = random.bytes(length);
        equal(subject.sha256(data), reference.sha256(data), `SHA-256 of ${length} bytes`);
        for (const keyBytes of [0, 1, 32, 64, 65, 200]) {
          const key = random.bytes(keyBytes);
          equal(
            subject.hmacSha256(key, data),
            reference.hmacSha256(key, data),
            `HMAC, ${length} bytes`,
          );
        }
      }
    },
  },
  {
    name: "X25519 equals the reference for random keys, and both ends agree",
    run: (subject, reference) => {
      const random = seededRandom(2);
      for (let round = 0; round < 8; round++) {
        const [a, b] = [random.bytes(32), random.bytes(32)];
        const [aPublic, bPublic] = [subject.x25519PublicKey(a), reference.x25519PublicKey(b)];
        equal(aPublic, reference.x25519PublicKey(a), "public key");
        equal(subject.x25519(a, bPublic), reference.x25519(b, aPublic), "shared secret");
      }
    },
  },
  {
    name: "X25519 clamps private keys and ignores the high bit of public keys (RFC 7748 section 5)",
    run: (subject, reference) => {
      const random = seededRandom(3);
      for (const privateKey of [
        new Uint8Array(32),
        new Uint8Array(32).fill(0xff),
        random.bytes(32),
      ]) {
        const publicKey = reference.x25519PublicKey(random.bytes(32));
        const secret = reference.x25519(privateKey, publicKey);
        const clamped = privateKey.slice();
        clamped[0] = (clamped[0] ?? 0) & 0xf8;
        clamped[31] = ((clamped[31] ?? 0) & 0x7f) | 0x40;
        equal(subject.x25519(privateKey, publicKey), secret, "unclamped private key");
        equal(subject.x25519(clamped, publicKey), secret, "clamped private key");
        equal(
          subject.x25519(privateKey, flipped(publicKey, 255)),
          secret,
          "public key with high bit",
        );
        equal(
          subject.x25519PublicKey(privateKey),
          reference.x25519PublicKey(clamped),
          "public key",
        );
      }
    },
  },
  {
    name: "X25519 takes non-canonical public keys modulo the prime (RFC 7748 section 5)",
    run: (subject, reference) => {
      const privateKey = seededRandom(4).bytes(32);
      // 2^255 - 19 + k encodes k; k = 0 and 1 are of low order.
      for (const k of [2, 3, 9, 18]) {
        const canonical = new Uint8Array(32);
        canonical[0] = k;
        const expected = reference.x25519(privateKey, canonical);
        equal(subject.x25519(privateKey, canonical), expected, `u = ${k}`);
        equal(subject.x25519(privateKey, nearTop(0xed + k, 0x7f)), expected, `u = p + ${k}`);
        equal(
          subject.x25519(privateKey, nearTop(0xed + k, 0xff)),
          expected,
          `u = p + ${k}, high bit`,
        );
      }
    },
  },
  {
    name: "X25519 refuses every point of low order (RFC 7748 section 6.1)",
    run: (subject) => {
      const privateKey = seededRandom(5).bytes(32);
      for (const point of lowOrderPoints) {
        throwsCode(() => subject.x25519(privateKey, point), "MASQ_SESSION_FAILED");
        throwsCode(() => subject.x25519(privateKey, flipped(point, 255)), "MASQ_SESSION_FAILED");
      }
    },
  },
  {
    name: "seal equals the reference, and each opens what the other sealed",
    run: (subject, reference) => {
      const random = seededRandom(6);
      for (const plaintextBytes of lengths) {
        for (const adBytes of [0, 1, 16, 33]) {
          const { key, nonce, ad, plaintext } = aead(random, plaintextBytes, adBytes);
          const sealed = subject.seal(key, nonce, ad, plaintext);
          equal(sealed.length, plaintextBytes + 16, "length");
          equal(
            sealed,
            reference.seal(key, nonce, ad, plaintext),
            `seal of ${plaintextBytes} bytes`,
          );
          equal(subject.open(key, nonce, ad, sealed), plaintext, `open of ${plaintextBytes} bytes`);
        }
      }
    },
  },
  {
    name: "open refuses a ciphertext with any bit changed, cut short or grown",
    run: (subject) => {
      const random = seededRandom(7);
      for (const plaintextBytes of [0, 1, 40]) {
        const { key, nonce, ad, plaintext } = aead(random, plaintextBytes, 5);
        const sealed = subject.seal(key, nonce, ad, plaintext);
        for (let bit = 0; bit < sealed.length * 8; bit++) {
          throwsCode(
            () => subject.open(key, nonce, ad, flipped(sealed, bit)),
            "MASQ_SESSION_FAILED",
          );
        }
        for (let length = 0; length < sealed.length; length++) {
          const head = sealed.subarray(0, length);
          const tail = sealed.subarray(sealed.length - length);
          throwsCode(() => subject.open(key, nonce, ad, head), "MASQ_SESSION_FAILED");
          throwsCode(() => subject.open(key, nonce, ad, tail), "MASQ_SESSION_FAILED");
        }
        const grown = new Uint8Array(sealed.length + 1);
        grown.set(sealed);
        throwsCode(() => subject.open(key, nonce, ad, grown), "MASQ_SESSION_FAILED");
        equal(subject.open(key, nonce, ad, sealed), plaintext, "still opens");
      }
    },
  },
  {
    name: "open refuses another key, nonce or associated data",
    run: (subject) => {
      const random = seededRandom(8);
      const { key, nonce, ad, plaintext } = aead(random, 40, 20);
      const sealed = subject.seal(key, nonce, ad, plaintext);
      const refuse = (k: Uint8Array, n: Uint8Array, a: Uint8Array): void =>
        throwsCode(() => subject.open(k, n, a, sealed), "MASQ_SESSION_FAILED");
      for (let bit = 0; bit < key.length * 8; bit++) refuse(flipped(key, bit), nonce, ad);
      for (let bit = 0; bit < nonce.length * 8; bit++) refuse(key, flipped(nonce, bit), ad);
      for (let bit = 0; bit < ad.length * 8; bit++) refuse(key, nonce, flipped(ad, bit));
      for (let length = 0; length < ad.length; length++) refuse(key, nonce, ad.subarray(0, length));
    },
  },
  {
    name: "a key array whose content changes between calls is used as it is then",
    run: (subject, reference) => {
      const random = seededRandom(9);
      const { key, nonce, ad, plaintext } = aead(random, 40, 0);
      for (let round = 0; round < 3; round++) {
        const sealed = subject.seal(key, nonce, ad, plaintext);
        equal(sealed, reference.seal(key.slice(), nonce, ad, plaintext), `round ${round}`);
        key[round * 15] = (key[round * 15] ?? 0) ^ 1;
        throwsCode(() => subject.open(key, nonce, ad, sealed), "MASQ_SESSION_FAILED");
      }
    },
  },
  {
    name: "arguments may be views, are never modified, and results are fresh plain arrays",
    run: (subject) => {
      const random = seededRandom(10);
      const views = [32, 12, 7, 50, 32, 32].map((length) =>
        random.bytes(length + 8).subarray(3, 3 + length),
      );
      const copies = views.map((view) => view.slice());
      const [key, nonce, ad, data, a, b] = views as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ];
      const sealed = subject.seal(key, nonce, ad, data);
      const sealedCopy = sealed.slice();
      const results = [
        sealed,
        subject.open(key, nonce, ad, sealed),
        subject.sha256(data),
        subject.hmacSha256(key, data),
        subject.x25519PublicKey(a),
        subject.x25519(a, subject.x25519PublicKey(b)),
      ];
      equal(views, copies, "arguments");
      equal(sealed, sealedCopy, "ciphertext given to open");
      for (const result of results) {
        isTrue(Object.getPrototypeOf(result) === Uint8Array.prototype, "a plain Uint8Array");
        // A view into a pool would let one result be reached through another.
        equal([result.byteOffset, result.buffer.byteLength], [0, result.length], "own memory");
      }
      for (const result of results) result.fill(0);
      equal(views, copies, "arguments after the results were overwritten");
    },
  },
  {
    name: "an argument of the wrong length is a defect",
    run: (subject) => {
      const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);
      const none = bytes(0);
      for (const wrong of [0, 31, 33, 64]) {
        throwsCode(() => subject.x25519PublicKey(bytes(wrong)), "MASQ_INTERNAL");
        throwsCode(() => subject.x25519(bytes(wrong), bytes(32)), "MASQ_INTERNAL");
        throwsCode(() => subject.x25519(bytes(32), bytes(wrong)), "MASQ_INTERNAL");
        throwsCode(() => subject.seal(bytes(wrong), bytes(12), none, none), "MASQ_INTERNAL");
        throwsCode(() => subject.open(bytes(wrong), bytes(12), none, bytes(16)), "MASQ_INTERNAL");
      }
      for (const wrong of [0, 8, 11, 13, 24]) {
        throwsCode(() => subject.seal(bytes(32), bytes(wrong), none, none), "MASQ_INTERNAL");
        throwsCode(() => subject.open(bytes(32), bytes(wrong), none, bytes(16)), "MASQ_INTERNAL");
      }
    },
  },
];
