/**
 * What every `PeerPrimitives` backend must do beyond `primitivesCases`, as data: published answers, inputs on which
 * implementations are known to differ, and comparison with a reference backend on seeded random inputs.
 */
import { concatBytes, fromHex } from "../bytes/bytes.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import {
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_KEY_BYTES,
  KEM_SECRET_KEY_BYTES,
  KEM_SHARED_SECRET_BYTES,
} from "../crypto/peer-primitives.ts";
import { equal, isTrue, throwsCode } from "./expect.ts";
import { seededRandom } from "./seeded-random.ts";

export interface PeerPrimitivesCase {
  readonly name: string;
  run(subject: PeerPrimitives, reference: PeerPrimitives): void;
}

const hex = (text: string): Uint8Array => fromHex(text.replaceAll(/\s/g, ""));
const NOTHING = new Uint8Array(0);

/** RFC 8032 section 7.1: seed, public key, message, signature. */
const published: readonly (readonly [string, string, string, string])[] = [
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    `e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
     5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b`,
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    `92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
     085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00`,
  ],
  [
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    `6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
     18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a`,
  ],
];

/** The eight points of small order, and every other encoding of them below 2^256. */
const smallOrder: readonly Uint8Array[] = [
  `01${"00".repeat(31)}`,
  `01${"00".repeat(30)}80`,
  `ec${"ff".repeat(30)}7f`,
  `ec${"ff".repeat(30)}ff`,
  "00".repeat(32),
  `${"00".repeat(31)}80`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  `ed${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}ff`,
  `ee${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}ff`,
].map(fromHex);

const [, publicKey] = (published[0] as readonly [string, string, string, string]).map(hex) as [
  Uint8Array,
  Uint8Array,
];

/** Signatures of the empty message made with knowledge of the key, where verifiers are known to differ. */
const disputed: readonly (readonly [
  what: string,
  key: Uint8Array,
  signature: string,
  holds: boolean,
])[] = [
  [
    "a scalar that is not below the group's order",
    publicKey,
    `e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
     4c8c7872aa064e049dbb3013fbf29380d25bf5f0595bbe24655141438e7a101b`,
    false,
  ],
  [
    "R encoded with a coordinate above the prime",
    publicKey,
    `ee${"ff".repeat(30)}7f
     3fdd9411ef77c7b937c975b1193128983db0482a002663080c0dd63cf3466c06`,
    false,
  ],
  [
    "R with a sign where there is none",
    publicKey,
    `01${"00".repeat(30)}80
     071a5da496e94c66afbb4e14651192a3dbaabae7118b915c182ec4f3c2aace0a`,
    false,
  ],
  [
    "R of mixed order, which only the cofactored equation accepts",
    publicKey,
    `b15bf26424d1b69dd33b7a9e57db5de4a2aadea4a2a051efd9bfd6af74165d2b
     545bf1c62a0e82b437cd0978be835876dcb64ee1cb1b7aa25b401fc8e6556808`,
    true,
  ],
  [
    "a public key of mixed order, likewise",
    hex("3b5b475c4b82dd1572799fc546f4c6c03e478c6654aa4c7f945b347ea32af60d"),
    `7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572
     c95f039548a953ced559612c5c32f586564a4893b6097cf5738b8c1766a9a509`,
    true,
  ],
];

/** A copy with the first of its 12-bit coefficients replaced (FIPS 203, ByteEncode). */
const withFirstCoefficient = (key: Uint8Array, value: number): Uint8Array => {
  const copy = key.slice();
  copy[0] = value & 0xff;
  copy[1] = ((copy[1] as number) & 0xf0) | (value >>> 8);
  return copy;
};

const flippedAt = (bytes: Uint8Array, index: number): Uint8Array => {
  const copy = bytes.slice();
  copy[index] = (copy[index] as number) ^ 1;
  return copy;
};

export const peerPrimitivesCases: readonly PeerPrimitivesCase[] = [
  {
    name: "Ed25519 gives the answers of RFC 8032 section 7.1",
    run: (subject) => {
      for (const [seed, key, message, signature] of published.map((row) => row.map(hex))) {
        const [s, k, m, expected] = [seed, key, message, signature] as [
          Uint8Array,
          Uint8Array,
          Uint8Array,
          Uint8Array,
        ];
        equal(subject.ed25519PublicKey(s), k, "public key");
        equal(subject.ed25519Sign(s, m), expected, "signature");
        equal(subject.ed25519Verify(k, m, expected), true, "verified");
      }
    },
  },
  {
    name: "Ed25519 equals the reference, and each verifies what the other signed",
    run: (subject, reference) => {
      const random = seededRandom(21);
      for (const length of [0, 1, 64, 1000]) {
        const [seed, message] = [random.bytes(32), random.bytes(length)];
        const key = subject.ed25519PublicKey(seed);
        const signature = subject.ed25519Sign(seed, message);
        equal(key, reference.ed25519PublicKey(seed), "public key");
        equal(signature, reference.ed25519Sign(seed, message), "signature");
        equal(subject.ed25519Verify(key, message, signature), true, "by the subject");
        equal(reference.ed25519Verify(key, message, signature), true, "by the reference");
      }
    },
  },
  {
    name: "Ed25519 refuses a changed signature, message or key, and wrong lengths",
    run: (subject) => {
      const random = seededRandom(22);
      const [seed, message] = [random.bytes(32), random.bytes(40)];
      const key = subject.ed25519PublicKey(seed);
      const signature = subject.ed25519Sign(seed, message);
      for (let index = 0; index < 64; index += 3) {
        equal(subject.ed25519Verify(key, message, flippedAt(signature, index)), false, "signature");
        equal(subject.ed25519Verify(key, flippedAt(message, index % 40), signature), false);
        equal(subject.ed25519Verify(flippedAt(key, index % 32), message, signature), false, "key");
      }
      for (const cut of [0, 31, 63]) {
        equal(subject.ed25519Verify(key, message, signature.subarray(0, cut)), false, "cut");
      }
      equal(subject.ed25519Verify(key, message, signature), true);
      equal(subject.ed25519Verify(key, message, concatBytes(signature, Uint8Array.of(0))), false);
      equal(subject.ed25519Verify(key.subarray(1), message, signature), false, "short key");
    },
  },
  {
    name: "Ed25519 refuses every public key of small order in every encoding",
    run: (subject) => {
      // With S = 0 these hold for any message, wherever such keys are taken.
      for (const key of smallOrder) {
        for (const point of smallOrder) {
          const signature = concatBytes(point, new Uint8Array(32));
          equal(subject.ed25519Verify(key, NOTHING, signature), false, "small order");
        }
      }
    },
  },
  {
    name: "Ed25519 judges disputed signatures alike everywhere",
    run: (subject) => {
      for (const [what, key, signature, holds] of disputed) {
        equal(subject.ed25519Verify(key, NOTHING, hex(signature)), holds, what);
      }
    },
  },
  {
    name: "ML-KEM-768 agrees with itself and with the reference, byte for byte",
    run: (subject, reference) => {
      const random = seededRandom(23);
      for (let round = 0; round < 3; round++) {
        const [seed, message] = [random.bytes(64), random.bytes(32)];
        const pair = subject.kemGenerate(seed);
        equal(pair, reference.kemGenerate(seed), "key pair");
        equal(
          [pair.publicKey.length, pair.secretKey.length],
          [KEM_PUBLIC_KEY_BYTES, KEM_SECRET_KEY_BYTES],
        );
        const sealed = subject.kemEncapsulate(pair.publicKey, message);
        equal(sealed, reference.kemEncapsulate(pair.publicKey, message), "encapsulation");
        equal(
          [sealed.ciphertext.length, sealed.sharedSecret.length],
          [KEM_CIPHERTEXT_BYTES, KEM_SHARED_SECRET_BYTES],
        );
        equal(subject.kemDecapsulate(pair.secretKey, sealed.ciphertext), sealed.sharedSecret);
        equal(reference.kemDecapsulate(pair.secretKey, sealed.ciphertext), sealed.sharedSecret);
      }
    },
  },
  {
    name: "ML-KEM-768 gives another secret, and no error, for a changed ciphertext",
    run: (subject, reference) => {
      const random = seededRandom(24);
      const { publicKey: key, secretKey } = subject.kemGenerate(random.bytes(64));
      const { ciphertext, sharedSecret } = subject.kemEncapsulate(key, random.bytes(32));
      for (const index of [0, 1, 500, 959, 960, 1087]) {
        const changed = flippedAt(ciphertext, index);
        const secret = subject.kemDecapsulate(secretKey, changed);
        isTrue(
          secret.some((byte, at) => byte !== sharedSecret[at]),
          "another secret",
        );
        equal(secret, reference.kemDecapsulate(secretKey, changed), "implicit rejection");
      }
    },
  },
  {
    name: "ML-KEM-768 refuses public keys with a coefficient of 3329 or more, and wrong lengths",
    run: (subject) => {
      const random = seededRandom(25);
      const { publicKey: key, secretKey } = subject.kemGenerate(random.bytes(64));
      const message = random.bytes(32);
      subject.kemEncapsulate(withFirstCoefficient(key, 3328), message);
      for (const value of [3329, 3330, 4095]) {
        throwsCode(
          () => subject.kemEncapsulate(withFirstCoefficient(key, value), message),
          "MASQ_SESSION_FAILED",
        );
      }
      for (const wrong of [0, KEM_PUBLIC_KEY_BYTES - 1, KEM_PUBLIC_KEY_BYTES + 1, 800, 1568]) {
        throwsCode(
          () => subject.kemEncapsulate(new Uint8Array(wrong), message),
          "MASQ_SESSION_FAILED",
        );
      }
      for (const wrong of [0, KEM_CIPHERTEXT_BYTES - 1, KEM_CIPHERTEXT_BYTES + 1]) {
        throwsCode(
          () => subject.kemDecapsulate(secretKey, new Uint8Array(wrong)),
          "MASQ_SESSION_FAILED",
        );
      }
    },
  },
  {
    name: "an own argument of the wrong length is a defect",
    run: (subject) => {
      const { publicKey: key } = subject.kemGenerate(new Uint8Array(64));
      const defects = [
        () => subject.ed25519PublicKey(new Uint8Array(31)),
        () => subject.ed25519Sign(new Uint8Array(64), NOTHING),
        () => subject.kemGenerate(new Uint8Array(32)),
        () => subject.kemEncapsulate(key, new Uint8Array(31)),
        () => subject.kemDecapsulate(new Uint8Array(64), new Uint8Array(KEM_CIPHERTEXT_BYTES)),
      ];
      for (const defect of defects) throwsCode(defect, "MASQ_INTERNAL");
    },
  },
  {
    name: "results are fresh arrays, and arguments are never modified",
    run: (subject) => {
      const random = seededRandom(26);
      const [seed, kemSeed, message] = [random.bytes(32), random.bytes(64), random.bytes(32)];
      const copies = [seed.slice(), kemSeed.slice(), message.slice()];
      const pair = subject.kemGenerate(kemSeed);
      const sealed = subject.kemEncapsulate(pair.publicKey, message);
      const results = [
        subject.ed25519PublicKey(seed),
        subject.ed25519Sign(seed, message),
        subject.kemDecapsulate(pair.secretKey, sealed.ciphertext),
        sealed.ciphertext,
        sealed.sharedSecret,
        pair.publicKey,
        pair.secretKey,
      ];
      for (const result of results) {
        isTrue(Object.getPrototypeOf(result) === Uint8Array.prototype, "a plain Uint8Array");
        equal(result.buffer.byteLength, result.length, "own memory");
        result.fill(0);
      }
      equal([seed, kemSeed, message], copies, "arguments");
    },
  },
];
