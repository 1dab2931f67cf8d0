/**
 * What a row carries besides its dot and value, as bytes: `u48 wall | u16 tick | varint index | varint n | n entries |
 * exceptions`. index is the version's place in its commit, so that the commit's first arrival number is arrival - index.
 * The entries are the causal context's vector sorted by replica id, the exceptions its unseen dots sorted by replica id
 * and counter, both as 8-byte replica id and varint counter. docs/protocol.md, "Stamps".
 */
import { toHex } from "../bytes/bytes.ts";
import { pushVarint, readVarint } from "../bytes/varint.ts";
import { MasqError } from "../errors.ts";
import { EMPTY_CONTEXT, type CausalContext } from "./causal-context.ts";
import type { Dot } from "./dot.ts";
import type { Hlc } from "./hlc.ts";
import { REPLICA_ID_BYTES, replicaIdBytes, type ReplicaId } from "./ids.ts";
import { covers } from "./version-vector.ts";

export interface Stamp {
  readonly hlc: Hlc;
  /** 0 for the first version of its commit. */
  readonly index: number;
  readonly context: CausalContext;
}

const HLC_BYTES = 8;

const compareDots = (a: Dot, b: Dot): number =>
  a.replica === b.replica ? a.counter - b.counter : a.replica < b.replica ? -1 : 1;

const pushDot = (out: number[], { replica, counter }: Dot): void => {
  const id = replicaIdBytes(replica);
  for (let index = 0; index < REPLICA_ID_BYTES; index += 1) out.push(id[index] as number);
  pushVarint(out, counter);
};

export const encodeStamp = ({ hlc, index, context }: Stamp): Uint8Array => {
  const high = Math.floor(hlc.wall / 2 ** 32);
  const out = [
    high >>> 8,
    high & 0xff,
    (hlc.wall >>> 24) & 0xff,
    (hlc.wall >>> 16) & 0xff,
    (hlc.wall >>> 8) & 0xff,
    hlc.wall & 0xff,
    hlc.tick >>> 8,
    hlc.tick & 0xff,
  ];
  pushVarint(out, index);
  const { vector, except } = context;
  pushVarint(out, vector.size);
  const entries = Array.from(vector, ([replica, counter]): Dot => ({ replica, counter }));
  for (const dot of entries.length > 1 ? entries.sort(compareDots) : entries) pushDot(out, dot);
  for (const dot of except.length > 1 ? except.toSorted(compareDots) : except) pushDot(out, dot);
  return new Uint8Array(out);
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

const readDot = (
  stamp: Uint8Array,
  offset: number,
): { readonly dot: Dot; readonly end: number } => {
  const end = offset + REPLICA_ID_BYTES;
  const counter = readVarint(stamp, end) ?? malformed();
  if (counter.value === 0) malformed();
  const replica = toHex(stamp.subarray(offset, end)) as ReplicaId;
  return { dot: { replica, counter: counter.value }, end: counter.end };
};

/** Throws MASQ_MESSAGE_INVALID unless the bytes are exactly one stamp in its only form. */
export const decodeStamp = (stamp: Uint8Array): Stamp => {
  const hlc = stampHlc(stamp);
  const index = readVarint(stamp, HLC_BYTES) ?? malformed();
  const size = readVarint(stamp, index.end) ?? malformed();
  if (size.value === 0) {
    if (size.end !== stamp.length) malformed();
    return { hlc, index: index.value, context: EMPTY_CONTEXT };
  }
  const vector = new Map<ReplicaId, number>();
  const except: Dot[] = [];
  let offset = size.end;
  let last: Dot | undefined;
  while (vector.size < size.value) {
    const { dot, end } = readDot(stamp, offset);
    if (last !== undefined && last.replica >= dot.replica) malformed();
    vector.set(dot.replica, dot.counter);
    last = dot;
    offset = end;
  }
  while (offset < stamp.length) {
    const { dot, end } = readDot(stamp, offset);
    const previous = except.at(-1);
    if (!covers(vector, dot) || (previous !== undefined && compareDots(previous, dot) >= 0))
      malformed();
    except.push(dot);
    offset = end;
  }
  return { hlc, index: index.value, context: { vector, except } };
};

/** The version's place in its commit. */
export const stampIndex = (stamp: Uint8Array): number =>
  (readVarint(stamp, HLC_BYTES) ?? malformed()).value;

/** The same stamp with another place in its commit: the only part of it that is a replica's own. */
export const withIndex = (stamp: Uint8Array, index: number): Uint8Array => {
  const old = readVarint(stamp, HLC_BYTES) ?? malformed();
  if (old.value === index) return stamp;
  const place: number[] = [];
  pushVarint(place, index);
  const changed = new Uint8Array(stamp.length - (old.end - HLC_BYTES) + place.length);
  changed.set(stamp.subarray(0, HLC_BYTES), 0);
  changed.set(place, HLC_BYTES);
  changed.set(stamp.subarray(old.end), HLC_BYTES + place.length);
  return changed;
};
