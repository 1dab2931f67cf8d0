/**
 * ReplicaState as bytes, for storages that keep it in one record: a CBOR array
 * `[1, replica, counter, arrival, wall, tick, [replica, counter, ...], digest, entries, tombstones, bytes]`
 * with replica ids as byte strings. The leading 1 is the number of this format; the vector is sorted by replica id.
 */
import { decode, encode } from "cborg";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { MasqError } from "../errors.ts";
import type { ReplicaState } from "../storage.ts";
import { REPLICA_ID_BYTES, type ReplicaId } from "./ids.ts";

const FORMAT = 1;
const FIELDS = 11;
const DIGEST_BYTES = 16;

export const encodeReplicaState = (state: ReplicaState): Uint8Array => {
  const vector: (Uint8Array | number)[] = [];
  for (const replica of [...state.vector.keys()].sort()) {
    vector.push(fromHex(replica), state.vector.get(replica) as number);
  }
  return encode([
    FORMAT,
    fromHex(state.replica),
    state.counter,
    state.arrival,
    state.hlc.wall,
    state.hlc.tick,
    vector,
    state.digest,
    state.entries,
    state.tombstones,
    state.bytes,
  ]);
};

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

const parse = (bytes: Uint8Array): unknown => {
  try {
    return decode(bytes, { strict: true, allowIndefinite: false, allowUndefined: false });
  } catch (error) {
    return damaged(error);
  }
};

/** Throws MASQ_STORAGE_DAMAGED unless the bytes are exactly one state in this format. */
export const decodeReplicaState = (bytes: Uint8Array): ReplicaState => {
  const fields = parse(bytes);
  if (!Array.isArray(fields) || fields.length !== FIELDS || fields[0] !== FORMAT) return damaged();
  const list: unknown = fields[6];
  if (!Array.isArray(list) || list.length % 2 !== 0) return damaged();
  const vector = new Map<ReplicaId, number>();
  for (let index = 0; index < list.length; index += 2) {
    vector.set(replicaOf(list[index]), count(list[index + 1]));
  }
  return {
    replica: replicaOf(fields[1]),
    counter: count(fields[2]),
    arrival: count(fields[3]),
    hlc: { wall: count(fields[4]), tick: count(fields[5]) },
    vector,
    digest: bytesOf(fields[7], DIGEST_BYTES),
    entries: count(fields[8]),
    tombstones: count(fields[9]),
    bytes: count(fields[10]),
  };
};
