/**
 * ReplicaState as bytes, for storages that keep it in one record: a CBOR array
 * `[2, replica, counter, arrival, wall, tick, [replica, counter, ...], digest, entries, tombstones, bytes, [held vector]]`
 * with replica ids as byte strings. The leading 2 is the number of this format; vectors are sorted by replica id. Format 1
 * had no held vector: its replicas had never met another, so that it is their own vector.
 */
import { decode, encode } from "cborg";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { MasqError } from "../errors.ts";
import type { ReplicaState } from "../storage.ts";
import { REPLICA_ID_BYTES, type ReplicaId } from "./ids.ts";
import type { VersionVector } from "./version-vector.ts";

const FORMAT = 2;
const FIELDS_BY_FORMAT: readonly (number | undefined)[] = [undefined, 11, 12];
const DIGEST_BYTES = 16;

/** `[replica id, counter, ...]`, sorted by replica id. */
export const vectorItem = (vector: VersionVector): (Uint8Array | number)[] => {
  const item: (Uint8Array | number)[] = [];
  for (const replica of [...vector.keys()].sort()) {
    item.push(fromHex(replica), vector.get(replica) as number);
  }
  return item;
};

export const encodeReplicaState = (state: ReplicaState): Uint8Array =>
  encode([
    FORMAT,
    fromHex(state.replica),
    state.counter,
    state.arrival,
    state.hlc.wall,
    state.hlc.tick,
    vectorItem(state.vector),
    state.digest,
    state.entries,
    state.tombstones,
    state.bytes,
    vectorItem(state.held),
  ]);

const damaged = (cause?: unknown): never => {
  throw new MasqError(
    "MASQ_STORAGE_DAMAGED",
    "The record a replica keeps about itself cannot be read. Restore a backup, or start empty and let another device fill this one.",
    cause === undefined ? undefined : { cause },
  );
};

const count = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : damaged();

const bytesOf = (value: unknown, length: number): Uint8Array =>
  value instanceof Uint8Array && value.length === length ? new Uint8Array(value) : damaged();

const replicaOf = (value: unknown): ReplicaId =>
  toHex(bytesOf(value, REPLICA_ID_BYTES)) as ReplicaId;

const vectorOf = (item: unknown): VersionVector => {
  if (!Array.isArray(item) || item.length % 2 !== 0) return damaged();
  const vector = new Map<ReplicaId, number>();
  for (let index = 0; index < item.length; index += 2) {
    vector.set(replicaOf(item[index]), count(item[index + 1]));
  }
  return vector;
};

const parse = (bytes: Uint8Array): unknown => {
  try {
    return decode(bytes, { strict: true, allowIndefinite: false, allowUndefined: false });
  } catch (error) {
    return damaged(error);
  }
};

/** Throws MASQ_STORAGE_DAMAGED unless the bytes are exactly one state in a known format. */
export const decodeReplicaState = (bytes: Uint8Array): ReplicaState => {
  const fields = parse(bytes);
  if (!Array.isArray(fields)) return damaged();
  if (FIELDS_BY_FORMAT[count(fields[0])] !== fields.length) return damaged();
  const vector = vectorOf(fields[6]);
  return {
    replica: replicaOf(fields[1]),
    counter: count(fields[2]),
    arrival: count(fields[3]),
    hlc: { wall: count(fields[4]), tick: count(fields[5]) },
    vector,
    held: fields[0] === FORMAT ? vectorOf(fields[11]) : vector,
    digest: bytesOf(fields[7], DIGEST_BYTES),
    entries: count(fields[8]),
    tombstones: count(fields[9]),
    bytes: count(fields[10]),
  };
};
