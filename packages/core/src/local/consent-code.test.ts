import { describe, expect, it } from "vitest";
import { concatBytes } from "../bytes/bytes.ts";
import { CONSENT_CODE_LABEL, CONSENT_COMMIT_LABEL } from "../crypto/labels.ts";
import { noblePrimitives } from "../crypto/noble.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { consentCode, consentCommitment } from "./consent-code.ts";

describe("the consent code", () => {
  const random = seededRandom(4);
  const three = (): [Uint8Array, Uint8Array, Uint8Array] => [
    random.bytes(32),
    random.bytes(32),
    random.bytes(32),
  ];

  it("is six digits: 64 bits of the authenticator as a number, modulo a million", () => {
    for (let round = 0; round < 200; round += 1) {
      const [hash, app, store] = three();
      const mac = noblePrimitives.hmacSha256(hash, concatBytes(CONSENT_CODE_LABEL, app, store));
      const number = new DataView(mac.buffer, mac.byteOffset).getBigUint64(0) % 1_000_000n;
      const code = consentCode(noblePrimitives, hash, app, store);
      expect(code).toBe(number.toString().padStart(6, "0"));
      expect(code).toMatch(/^\d{6}$/);
    }
  });

  it("changes with the handshake and with either nonce, and with their order", () => {
    const [hash, app, store] = three();
    const codes = [
      [hash, app, store],
      [random.bytes(32), app, store],
      [hash, random.bytes(32), store],
      [hash, app, random.bytes(32)],
      [hash, store, app],
    ].map(([h, a, s]) =>
      consentCode(noblePrimitives, h as Uint8Array, a as Uint8Array, s as Uint8Array),
    );
    expect(new Set(codes).size).toBe(5);
  });

  it("is bound to a commitment to the app's nonce and key", () => {
    const [nonce, key] = three();
    expect(consentCommitment(noblePrimitives, nonce, key)).toEqual(
      noblePrimitives.sha256(concatBytes(CONSENT_COMMIT_LABEL, nonce, key)),
    );
  });
});
