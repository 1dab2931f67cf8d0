/**
 * Reads test/vectors/sync.json as another implementation would: hashes and signatures are computed here from what
 * docs/circle.md, docs/sync.md and docs/protocol.md say, with node:crypto. The file is made by scripts/make-sync-vectors.ts.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { fromHex, toHex } from "@masq/core";
import { noblePeerPrimitives } from "@masq/core/peer";
import { decode } from "cborg";
import { describe, expect, it } from "vitest";
import { DeviceLog } from "../../packages/core/src/circle/device-log.ts";
import { readOperation } from "../../packages/core/src/circle/operation.ts";
import { decodeBundle } from "../../packages/core/src/sync/decode.ts";
import { nodePeerPrimitives } from "../../packages/node/src/node-peer.ts";
import { makeSyncVectors, shownItem } from "../../scripts/make-sync-vectors.ts";

type Vectors = ReturnType<typeof makeSyncVectors>;

const text = readFileSync(new URL("sync.json", import.meta.url), "utf8");
const vectors = JSON.parse(text) as Vectors;
const operations = vectors.deviceLog.operations as Record<
  "what" | "bytes" | "signature" | "hash" | "headsHash",
  string
>[];

const sha256 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

/** RFC 8410: what stands before the key in its DER form. */
const ED25519_DER = Buffer.from("302a300506032b6570032100", "hex");

const isSigned = (
  identityKey: string,
  signature: string,
  ...parts: readonly (string | Uint8Array)[]
): boolean => {
  const der = Buffer.concat([ED25519_DER, fromHex(identityKey)]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  const signed = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return verify(null, signed, key, fromHex(signature));
};

const keyOf = (id: unknown): string =>
  vectors.deviceLog.devices.find((device) => device.id === id)?.identityKey ?? "";

describe("the vectors of synchronisation", () => {
  it("are what the generator makes", () => {
    expect(`${JSON.stringify(makeSyncVectors(), undefined, 1)}\n`).toBe(text);
  });

  it("have devices whose ids and records follow from their keys", () => {
    for (const { id, identityKey, record, recordSignature } of vectors.deviceLog.devices) {
      expect(sha256("masq device v1", fromHex(identityKey))).toBe(id);
      expect(isSigned(identityKey, recordSignature, "masq record v1", fromHex(record))).toBe(true);
    }
  });

  it.each([
    ["@noble", noblePeerPrimitives],
    ["node:crypto", nodePeerPrimitives],
  ])("have a device log that %s takes in, operation by operation", (_, crypto) => {
    let log: DeviceLog | undefined;
    let heads: string[] = [];
    for (const { bytes, signature, hash, headsHash } of operations) {
      const [, , parents, issuer] = decode(fromHex(bytes)) as [
        unknown,
        unknown,
        Uint8Array[],
        Uint8Array,
      ];
      expect(sha256("masq devlog hash v1", fromHex(bytes))).toBe(hash);
      expect(isSigned(keyOf(toHex(issuer)), signature, "masq devlog v1", fromHex(bytes))).toBe(true);
      const followed = new Set(parents.map(toHex));
      heads = [...heads.filter((head) => !followed.has(head)), hash].toSorted();
      expect(sha256("masq devlog heads v1", ...heads.map(fromHex))).toBe(headsHash);

      const operation = readOperation(crypto, [fromHex(bytes), fromHex(signature)]);
      if (log === undefined) log = DeviceLog.begin(crypto, operation);
      else expect(log.add(operation)).toBe(true);
      expect([operation.hash, toHex(log.headsHash)]).toEqual([hash, headsHash]);
    }
    expect(log?.circle).toBe(vectors.deviceLog.circle);
    expect(log?.members().map(({ name, role }) => [name, role])).toEqual([
      ["Attic", "store"],
      ["Desktop", "store"],
      ["Téléphone", "app"],
    ]);
  });

  it("have announcements signed by their device, own ones and vouched ones otherwise", () => {
    const labels = ["masq replica v1", "masq vouched replica v1"] as const;
    for (const { device, replica, namespace, isVouched, signature } of vectors.announcements) {
      for (const label of labels) {
        const isIt = isSigned(keyOf(device), signature, label, fromHex(replica), namespace);
        expect(isIt).toBe(label === labels[isVouched ? 1 : 0]);
      }
    }
  });

  it("have a digest of all live versions", () => {
    const digest = new Uint8Array(16);
    for (const { key, replica, counter, value, hashed } of vectors.digest.rows) {
      if (value === null) continue;
      const numbers = Buffer.alloc(10);
      numbers.writeUInt16BE(Buffer.byteLength(key), 0);
      numbers.writeBigUInt64BE(BigInt(counter), 2);
      const [length, count] = [numbers.subarray(0, 2), numbers.subarray(2)];
      const hash = sha256("masq digest v1", length, key, fromHex(replica), count, fromHex(value));
      expect(hash.slice(0, 32)).toBe(hashed);
      fromHex(hash.slice(0, 32)).forEach((byte, at) => (digest[at] = (digest[at] ?? 0) ^ byte));
    }
    expect(toHex(digest)).toBe(vectors.digest.digest);
  });

  it("have messages of every kind that say what is shown, alone and as one bundle", () => {
    for (const { type, item, bytes } of vectors.messages) {
      expect(shownItem(decode(fromHex(bytes)))).toEqual(item);
      expect(decodeBundle(fromHex(bytes)).map((message) => message.type)).toEqual([type]);
    }
    const bundle = fromHex(vectors.messages.map(({ bytes }) => bytes).join(""));
    const types = vectors.messages.map(({ type }) => type);
    expect(decodeBundle(bundle).map((message) => message.type)).toEqual(types);
    expect(new Set(types).size).toBe(9);
  });
});
