/**
 * Writes test/vectors/sync.json: a device log, announcements, a digest and one message of each kind, made of fixed
 * keys, so that another implementation written from docs/circle.md and docs/sync.md can be compared byte for byte.
 */
import { writeFileSync } from "node:fs";
import { decode } from "cborg";
import { toHex } from "../packages/core/src/bytes/bytes.ts";
import { DeviceLog } from "../packages/core/src/circle/device-log.ts";
import { deviceIdOf, signRecord } from "../packages/core/src/circle/device-record.ts";
import type { Draft, Operation } from "../packages/core/src/circle/operation.ts";
import { noblePeerPrimitives as crypto } from "../packages/core/src/crypto/noble-peer.ts";
import { softwareKey } from "../packages/core/src/crypto/software-key.ts";
import { digestItem, EMPTY_DIGEST, updateDigest } from "../packages/core/src/data/digest.ts";
import type { NamespaceId, ReplicaId } from "../packages/core/src/data/ids.ts";
import { encodeStamp } from "../packages/core/src/data/stamp.ts";
import { encodeValue } from "../packages/core/src/data/value.ts";
import { deviceKeysOf, type DeviceKeys } from "../packages/core/src/membership/device-keys.ts";
import { announceReplica } from "../packages/core/src/membership/replica-announcement.ts";
import { encodeMessage, type Outgoing } from "../packages/core/src/sync/messages.ts";
import type { Row } from "../packages/core/src/storage.ts";
import { seededRandom } from "../packages/core/src/testing/seeded-random.ts";

const NAMESPACE = "https://maps.example.org" as NamespaceId;
const OWN = "00000000000000a1" as ReplicaId;
const OTHER = "ff000000000000b2" as ReplicaId;
const WALL = 1_780_000_000_000;

/** JSON of a CBOR item: a byte string is `h'…'`, as in CBOR's diagnostic notation. */
export const shownItem = (item: unknown): unknown => {
  if (item instanceof Uint8Array) return `h'${toHex(item)}'`;
  return Array.isArray(item) ? item.map(shownItem) : item;
};

const device = (seed: number, name: string) => {
  const random = seededRandom(seed);
  const identitySeed = random.bytes(32);
  const channelKey = random.bytes(32);
  const kemSeed = random.bytes(64);
  const keys: DeviceKeys = deviceKeysOf(crypto, {
    identitySeed,
    channelKey: softwareKey(crypto, channelKey),
    kemSeed,
  });
  const recordOf = (over: { readonly name?: string; readonly syncServices?: string[] } = {}) =>
    signRecord(crypto, identitySeed, {
      identityKey: keys.identityKey,
      channelKey: keys.channelKey.publicKey,
      kemKey: keys.kemKey,
      name: over.name ?? name,
      syncServices: over.syncServices ?? [],
    });
  const [bytes, signature] = recordOf();
  return {
    keys,
    recordOf,
    shown: {
      name,
      identitySeed: toHex(identitySeed),
      channelPrivateKey: toHex(channelKey),
      kemSeed: toHex(kemSeed),
      identityKey: toHex(keys.identityKey),
      id: deviceIdOf(crypto, keys.identityKey),
      record: toHex(bytes),
      recordSignature: toHex(signature),
    },
  };
};

const deviceLog = () => {
  const laptop = device(11, "Laptop");
  const desktop = device(12, "Desktop");
  const phone = device(13, "Téléphone");
  const log = DeviceLog.create(crypto, laptop.keys.identitySeed, {
    id: laptop.keys.id,
    record: laptop.recordOf(),
    role: "store",
    wall: WALL,
  });
  const operations: Record<string, unknown>[] = [];
  const show = (what: string, { hash, bytes, signature }: Operation, on: DeviceLog): void => {
    operations.push({
      what,
      bytes: toHex(bytes),
      signature: toHex(signature),
      hash,
      headsHash: toHex(on.headsHash),
    });
  };
  const issue = (
    what: string,
    by: typeof laptop,
    wall: number,
    body: Draft["body"],
    on = log,
  ): Operation => {
    const operation = on.issue(by.keys.identitySeed, by.keys.id, WALL + wall, body);
    if (on !== log) log.add(operation);
    show(what, operation, log);
    return operation;
  };
  show("Laptop adds itself", log.operations[0] as Operation, log);
  const add = (
    record: typeof laptop,
    role: "store" | "app",
    scope?: NamespaceId,
  ): Draft["body"] => ({
    kind: "add",
    record: record.recordOf(),
    role,
    scope,
  });
  issue("Laptop adds Desktop, a store", laptop, 1, add(desktop, "store"));
  const apart = log.copy();
  issue("Laptop adds Téléphone, an app of one namespace", laptop, 2, add(phone, "app", NAMESPACE));
  issue(
    "Desktop, which does not know of that, renames Laptop: two heads",
    desktop,
    3,
    { kind: "rename", device: laptop.keys.id, name: "Attic" },
    apart,
  );
  issue("Desktop, which knows both, tells where it listens", desktop, 4, {
    kind: "update",
    record: desktop.recordOf({ syncServices: ["wss://sync.example.org"] }),
  });
  return {
    shown: { devices: [laptop.shown, desktop.shown, phone.shown], circle: log.circle, operations },
    log,
    laptop,
  };
};

const rows = (): Row[] => [
  {
    key: "place/é",
    replica: OWN,
    counter: 1,
    arrival: 1,
    stamp: encodeStamp({ hlc: { wall: WALL, tick: 0 }, index: 0, context: new Map() }),
    value: encodeValue({ lat: 48.85 }),
  },
  {
    key: "place/é",
    replica: OTHER,
    counter: 2 ** 32 + 7,
    arrival: 2,
    stamp: encodeStamp({
      hlc: { wall: WALL + 1, tick: 2 },
      index: 1,
      context: new Map([
        [OWN, [[1, 3]]],
        [
          OTHER,
          [
            [2, 2],
            [5, 300],
          ],
        ],
      ]),
    }),
    value: encodeValue("Home"),
  },
  {
    key: "gone",
    replica: OWN,
    counter: 2,
    arrival: 3,
    stamp: encodeStamp({ hlc: { wall: WALL, tick: 1 }, index: 0, context: new Map() }),
    value: null,
  },
];

const digest = (all: readonly Row[]) => ({
  rows: all.map((row) => ({
    key: row.key,
    replica: row.replica,
    counter: row.counter,
    value: row.value === null ? null : toHex(row.value),
    hashed: row.value === null ? null : toHex(digestItem(crypto, row)),
  })),
  digest: toHex(updateDigest(crypto, EMPTY_DIGEST, [], all)),
});

const messages = ({ log, laptop }: ReturnType<typeof deviceLog>) => {
  const all = rows();
  const vector = new Map([
    [OTHER, 2 ** 32 + 7],
    [OWN, 2],
  ]);
  const snapshot = { vector, digest: updateDigest(crypto, EMPTY_DIGEST, [], all), isClean: true };
  const announcements = [
    announceReplica(crypto, laptop.keys, NAMESPACE, OWN),
    announceReplica(crypto, laptop.keys, NAMESPACE, OTHER, true),
  ];
  const items = log.operations
    .slice(3, 4)
    .map(({ bytes, signature }) => [bytes, signature] as const);
  const said: readonly Outgoing[] = [
    {
      type: "hello",
      versions: [1, 1],
      features: 0,
      info: new Uint8Array(0),
      logHeads: log.headsHash,
    },
    { type: "log", items: [], isLast: false },
    { type: "log", items, isLast: true },
    { type: "offer", number: 0, namespace: NAMESPACE, replica: OWN, announcements, snapshot },
    { type: "announce", number: 0, announcements: announcements.slice(1) },
    { type: "resume", number: 0, progress: undefined },
    { type: "resume", number: 23, progress: 65_536 },
    { type: "resume", number: 24, progress: { key: "place/é", start: 3 } },
    {
      type: "entries",
      number: 0,
      reached: 3,
      remaining: 0,
      commits: [all.slice(0, 2), all.slice(2)],
      caughtUp: snapshot,
    },
    { type: "entries", number: 0, reached: 256, remaining: 9, commits: [], caughtUp: undefined },
    { type: "scan", number: 0, start: 3, last: "place/é", remaining: 1, rows: all.slice(0, 2) },
    { type: "scan", number: 0, start: 3, last: undefined, remaining: 0, rows: [] },
    { type: "ack", number: 0, taken: 2, snapshot, others: new Map([[OTHER, vector]]) },
    { type: "repair", number: 0, round: 1, vector, isLast: true, rows: all.slice(1) },
  ];
  return said.map((message) => {
    const bytes = encodeMessage(message);
    return { type: message.type, item: shownItem(decode(bytes)), bytes: toHex(bytes) };
  });
};

const announcements = ({ laptop }: ReturnType<typeof deviceLog>) =>
  [false, true].map((isVouched) => {
    const replica = isVouched ? OTHER : OWN;
    const { signature } = announceReplica(crypto, laptop.keys, NAMESPACE, replica, isVouched);
    return {
      device: laptop.keys.id,
      replica,
      namespace: NAMESPACE,
      isVouched,
      signature: toHex(signature),
    };
  });

/** The whole file's content. */
export const makeSyncVectors = () => {
  const circle = deviceLog();
  return {
    about:
      "Vectors of docs/circle.md and docs/sync.md. Bytes are hexadecimal; in `item` a byte string is h'…'. `headsHash` is that of the log up to this operation.",
    deviceLog: circle.shown,
    announcements: announcements(circle),
    digest: digest(rows()),
    messages: messages(circle),
  };
};

if (import.meta.main) {
  const file = new URL("../test/vectors/sync.json", import.meta.url);
  writeFileSync(file, `${JSON.stringify(makeSyncVectors(), undefined, 1)}\n`);
}
