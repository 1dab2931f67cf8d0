/** Reads messages of another device: every field is checked and bounded before anything is done with it. */
import { toHex } from "../bytes/bytes.ts";
import { decodeItems, type Item } from "../bytes/cbor-items.ts";
import { HASH_BYTES } from "../crypto/primitives.ts";
import { DIGEST_BYTES } from "../data/digest.ts";
import { isNamespaceId, REPLICA_ID_BYTES, type ReplicaId } from "../data/ids.ts";
import { checkKey } from "../data/key.ts";
import { decodeStamp } from "../data/stamp.ts";
import { MAX_VALUE_BYTES } from "../data/value.ts";
import type { VersionVector } from "../data/version-vector.ts";
import { MasqError } from "../errors.ts";
import type { ReceivedVersion } from "../replica/merge-plan.ts";
import {
  MAX_INFO_BYTES,
  MAX_LOG_OPERATION_BYTES,
  MAX_LOG_OPERATIONS,
  MAX_OFFERS,
  MAX_REPLICAS,
  MAX_STAMP_BYTES,
  MAX_SYNC_MESSAGE_BYTES,
} from "./limits.ts";
import {
  DEVICE_BYTES,
  MESSAGE_TYPES,
  SIGNATURE_BYTES,
  type Announcement,
  type Incoming,
  type Progress,
  type SignedItem,
  type Snapshot,
} from "./messages.ts";

/** The words go to our own log: nothing that the other end sent is in them. */
export const invalid = (what: string, cause?: unknown): never => {
  throw new MasqError(
    "MASQ_MESSAGE_INVALID",
    `The other device sent a message that is not one of the protocol (${what}). Nothing of it was taken in.`,
    cause === undefined ? undefined : { cause },
  );
};

const list = (item: unknown, what: string, most: number = Infinity): readonly unknown[] =>
  Array.isArray(item) && item.length <= most ? item : invalid(what);

const tuple = (item: unknown, length: number, what: string): readonly unknown[] =>
  Array.isArray(item) && item.length === length ? item : invalid(what);

const uint = (item: unknown, what: string): number =>
  typeof item === "number" && Number.isSafeInteger(item) && item >= 0 ? item : invalid(what);

const flag = (item: unknown, what: string): boolean =>
  typeof item === "boolean" ? item : invalid(what);

const bytes = (item: unknown, least: number, most: number, what: string): Uint8Array =>
  item instanceof Uint8Array && item.length >= least && item.length <= most ? item : invalid(what);

const replicaId = (item: unknown): ReplicaId =>
  toHex(bytes(item, REPLICA_ID_BYTES, REPLICA_ID_BYTES, "a replica id")) as ReplicaId;

const key = (item: unknown): string => {
  try {
    checkKey(item);
    return item;
  } catch (error) {
    return invalid("a key", error);
  }
};

export const readVector = (item: unknown): VersionVector => {
  const fields = list(item, "a vector", 2 * MAX_REPLICAS);
  if (fields.length % 2 !== 0) invalid("a vector");
  const vector = new Map<ReplicaId, number>();
  let last = "";
  for (let index = 0; index < fields.length; index += 2) {
    const replica = replicaId(fields[index]);
    const counter = uint(fields[index + 1], "a counter");
    if (replica <= last || counter === 0) invalid("a vector");
    vector.set(replica, counter);
    last = replica;
  }
  return vector;
};

export const readProgress = (item: unknown): Progress | undefined => {
  if (item === null) return undefined;
  if (!Array.isArray(item)) return uint(item, "a position");
  const [lastKey, start] = tuple(item, 2, "a position");
  return { key: key(lastKey), start: uint(start, "a position") };
};

const readSnapshot = (item: unknown): Snapshot => {
  const [vector, digest, isClean] = tuple(item, 3, "a snapshot");
  return {
    vector: readVector(vector),
    digest: bytes(digest, DIGEST_BYTES, DIGEST_BYTES, "a digest"),
    isClean: flag(isClean, "a flag"),
  };
};

const readAnnouncements = (item: unknown): Announcement[] =>
  list(item, "announcements", MAX_REPLICAS).map((entry) => {
    const [replica, device, signature, isVouched] = tuple(entry, 4, "an announcement");
    return {
      replica: replicaId(replica),
      device: bytes(device, DEVICE_BYTES, DEVICE_BYTES, "a device"),
      signature: bytes(signature, SIGNATURE_BYTES, SIGNATURE_BYTES, "a signature"),
      isVouched: flag(isVouched, "a flag"),
    };
  });

const readReplicas = (item: unknown): ReplicaId[] =>
  list(item, "replica ids", MAX_REPLICAS).map(replicaId);

const readVersion = (item: unknown, replicas: readonly ReplicaId[]): ReceivedVersion => {
  const [keyField, place, counterField, stampField, valueField] = tuple(item, 5, "a version");
  const replica = replicas[uint(place, "a replica")] ?? invalid("a replica");
  const counter = uint(counterField, "a counter");
  if (counter === 0) invalid("a counter");
  const stamp = bytes(stampField, 1, MAX_STAMP_BYTES, "a stamp");
  const { hlc, context } = decodeStamp(stamp);
  if (context.size > MAX_REPLICAS) invalid("a context");
  const value = valueField === null ? null : bytes(valueField, 0, MAX_VALUE_BYTES, "a value");
  return { key: key(keyField), dot: { replica, counter }, context, hlc, stamp, value };
};

const readVersions = (item: unknown, replicas: readonly ReplicaId[]): ReceivedVersion[] =>
  list(item, "versions").map((version) => readVersion(version, replicas));

const readOthers = (item: unknown): Map<ReplicaId, VersionVector> =>
  new Map(
    list(item, "others", MAX_REPLICAS).map((entry) => {
      const [replica, vector] = tuple(entry, 2, "others");
      return [replicaId(replica), readVector(vector)];
    }),
  );

const readLog = (item: unknown): SignedItem[] =>
  list(item, "operations", MAX_LOG_OPERATIONS).map((entry) => {
    const [operation, signature] = tuple(entry, 2, "an operation");
    return [
      bytes(operation, 1, MAX_LOG_OPERATION_BYTES, "an operation"),
      bytes(signature, SIGNATURE_BYTES, SIGNATURE_BYTES, "a signature"),
    ];
  });

/** Throws MASQ_MESSAGE_INVALID unless the bytes are one message or more, and nothing else. */
export const decodeBundle = (bundle: Uint8Array): Incoming[] => {
  if (bundle.length > MAX_SYNC_MESSAGE_BYTES) return invalid("its length");
  let messages: readonly Item[];
  try {
    messages = decodeItems(bundle);
  } catch (error) {
    return invalid("not CBOR", error);
  }
  if (messages.length === 0) invalid("nothing");
  return messages.map((fields) => readMessage(list(fields, "a message")));
};

const number = (item: unknown): number => {
  const value = uint(item, "a number");
  return value < MAX_OFFERS ? value : invalid("a number");
};

const readMessage = (fields: readonly unknown[]): Incoming => {
  const type = MESSAGE_TYPES[uint(fields[0], "a type")];
  if (type === undefined) return invalid("a type");
  switch (type) {
    case "hello": {
      const [, low, high, features, info, logHeads] = tuple(fields, 6, type);
      const versions = [uint(low, "a version"), uint(high, "a version")] as const;
      return {
        type,
        versions,
        features: uint(features, "features"),
        info: bytes(info, 0, MAX_INFO_BYTES, "device info"),
        logHeads: bytes(logHeads, HASH_BYTES, HASH_BYTES, "log heads"),
      };
    }
    case "offer": {
      const [, place, namespace, replica, announcements, snapshot] = tuple(fields, 6, type);
      if (typeof namespace !== "string" || !isNamespaceId(namespace)) return invalid("a namespace");
      return {
        type,
        number: number(place),
        namespace,
        replica: replicaId(replica),
        announcements: readAnnouncements(announcements),
        snapshot: readSnapshot(snapshot),
      };
    }
    case "announce": {
      const [, place, announcements] = tuple(fields, 3, type);
      return { type, number: number(place), announcements: readAnnouncements(announcements) };
    }
    case "resume": {
      const [, place, progress] = tuple(fields, 3, type);
      return { type, number: number(place), progress: readProgress(progress) };
    }
    case "entries": {
      const [, place, reached, remaining, ids, commits, caughtUp] = tuple(fields, 7, type);
      const replicas = readReplicas(ids);
      return {
        type,
        number: number(place),
        reached: uint(reached, "a position"),
        remaining: uint(remaining, "a count"),
        commits: list(commits, "commits").map((commit) => readVersions(commit, replicas)),
        caughtUp: caughtUp === null ? undefined : readSnapshot(caughtUp),
      };
    }
    case "scan": {
      const [, place, start, last, remaining, ids, rows] = tuple(fields, 7, type);
      return {
        type,
        number: number(place),
        start: uint(start, "a position"),
        last: last === null ? undefined : key(last),
        remaining: uint(remaining, "a count"),
        rows: readVersions(rows, readReplicas(ids)),
      };
    }
    case "ack": {
      const [, place, taken, snapshot, others] = tuple(fields, 5, type);
      return {
        type,
        number: number(place),
        taken: uint(taken, "a count"),
        snapshot: readSnapshot(snapshot),
        others: readOthers(others),
      };
    }
    case "repair": {
      const [, place, round, vector, isLast, ids, rows] = tuple(fields, 7, type);
      return {
        type,
        number: number(place),
        round: uint(round, "a round"),
        vector: readVector(vector),
        isLast: flag(isLast, "a flag"),
        rows: readVersions(rows, readReplicas(ids)),
      };
    }
    case "log": {
      const [, items, isLast] = tuple(fields, 3, type);
      return { type, items: readLog(items), isLast: flag(isLast, "a flag") };
    }
  }
};
