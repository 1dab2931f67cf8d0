/**
 * What a row carries besides its dot and value, as bytes: `u48 wall | u16 tick | varint index | context`, where
 * index is the version's place in its commit (so that the commit's first arrival number is arrival - index) and
 * context is the version vector of this key as the writer had seen it: 8-byte replica id and varint counter,
 * sorted by replica id. docs/protocol.md, "Stamps".
 */
import { fromHex, toHex } from "../bytes/bytes.ts";
import { pushVarint, readVarint } from "../bytes/varint.ts";
import { MasqError } from "../errors.ts";
import type { Hlc } from "./hlc.ts";
import { REPLICA_ID_BYTES, type ReplicaId } from "./ids.ts";
import { EMPTY_VECTOR, type VersionVector } from "./version-vector.ts";

export interface Stamp {
  readonly hlc: Hlc;
  /** 0 for the first version of its commit. */
  readonly index: number;
  readonly context: VersionVector;
}

const HLC_BYTES = 8;

export const encodeStamp = ({ hlc, index, context }: Stamp): Uint8Array => {
  const out: number[] = [];
  for (let scale = 2 ** 40; scale >= 1; scale /= 256) out.push(Math.floor(hlc.wall / scale) % 256);
  out.push(hlc.tick >>> 8, hlc.tick & 0xff);
  pushVarint(out, index);
  const replicas = context.size > 1 ? [...context.keys()].sort() : context.keys();
  for (const replica of replicas) {
    for (const byte of fromHex(replica)) out.push(byte);
    pushVarint(out, context.get(replica) as number);
  }
  return Uint8Array.from(out);
};

const malformed = (): never => {
  throw new MasqError("MASQ_MESSAGE_INVALID", "A version's stamp is malformed.");
};

export const stampHlc = (stamp: Uint8Array): Hlc => {
  if (stamp.length <= HLC_BYTES) return malformed();
  let wall = 0;
  for (let index = 0; index < 6; index += 1) wall = wall * 256 + (stamp[index] as number);
  return { wall, tick: (stamp[6] as number) * 256 + (stamp[7] as number) };
};

/** Throws MASQ_MESSAGE_INVALID unless the bytes are exactly one stamp in its only form. */
export const decodeStamp = (stamp: Uint8Array): Stamp => {
  const hlc = stampHlc(stamp);
  const index = readVarint(stamp, HLC_BYTES) ?? malformed();
  let offset = index.end;
  if (offset === stamp.length) return { hlc, index: index.value, context: EMPTY_VECTOR };
  const context = new Map<ReplicaId, number>();
  let previous = "";
  while (offset < stamp.length) {
    const end = offset + REPLICA_ID_BYTES;
    const replica = toHex(stamp.subarray(offset, end)) as ReplicaId;
    const counter = readVarint(stamp, end) ?? malformed();
    if (end > stamp.length || replica <= previous || counter.value === 0) malformed();
    context.set(replica, counter.value);
    previous = replica;
    offset = counter.end;
  }
  return { hlc, index: index.value, context };
};
