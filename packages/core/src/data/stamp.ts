/**
 * What a row carries besides its dot and value, as bytes: `u48 wall | u16 tick | varint index | varint n | n entries |
 * spans`. index is the version's place in its commit, so that the commit's first arrival number is arrival - index.
 * The causal context's spans that begin at 1 are the entries, `replica id | varint last`; all others follow, as
 * `replica id | varint first | varint last - first`. docs/protocol.md, "Stamps".
 */
import { toHex } from "../bytes/bytes.ts";
import { pushVarint, readVarint } from "../bytes/varint.ts";
import { MasqError } from "../errors.ts";
import { EMPTY_CONTEXT, type CausalContext, type Span } from "./causal-context.ts";
import type { Hlc } from "./hlc.ts";
import { REPLICA_ID_BYTES, type ReplicaId } from "./ids.ts";
import { replicaIdBytes } from "./replica-ids.ts";

export interface Stamp {
  readonly hlc: Hlc;
  /** 0 for the first version of its commit. */
  readonly index: number;
  readonly context: CausalContext;
}

const HLC_BYTES = 8;

const pushReplica = (out: number[], replica: ReplicaId): void => {
  const id = replicaIdBytes(replica);
  for (let index = 0; index < REPLICA_ID_BYTES; index += 1) out.push(id[index] as number);
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
  const replicas =
    context.size > 1 ? [...context].sort(([a], [b]) => (a < b ? -1 : 1)) : [...context];
  const entries = replicas.filter(([, [first]]) => first?.[0] === 1);
  pushVarint(out, entries.length);
  for (const [replica, [first]] of entries) {
    pushReplica(out, replica);
    pushVarint(out, (first as Span)[1]);
  }
  for (const [replica, spans] of replicas) {
    for (const [first, last] of spans) {
      if (first === 1) continue;
      pushReplica(out, replica);
      pushVarint(out, first);
      pushVarint(out, last - first);
    }
  }
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

interface Read<Value> {
  readonly value: Value;
  readonly end: number;
}

const readReplica = (stamp: Uint8Array, offset: number): Read<ReplicaId> => {
  const end = offset + REPLICA_ID_BYTES;
  return { value: toHex(stamp.subarray(offset, end)) as ReplicaId, end };
};

const readCounter = (stamp: Uint8Array, offset: number): Read<number> => {
  const counter = readVarint(stamp, offset) ?? malformed();
  return counter.value === 0 ? malformed() : counter;
};

/** Throws MASQ_MESSAGE_INVALID unless the bytes are exactly one stamp in its only form. */
export const decodeStamp = (stamp: Uint8Array): Stamp => {
  const hlc = stampHlc(stamp);
  const index = readVarint(stamp, HLC_BYTES) ?? malformed();
  const size = readVarint(stamp, index.end) ?? malformed();
  if (size.end === stamp.length && size.value === 0) {
    return { hlc, index: index.value, context: EMPTY_CONTEXT };
  }
  const context = new Map<ReplicaId, Span[]>();
  let offset = size.end;
  let previous = "";
  while (context.size < size.value) {
    const replica = readReplica(stamp, offset);
    const last = readCounter(stamp, replica.end);
    if (replica.value <= previous) malformed();
    context.set(replica.value, [[1, last.value]]);
    previous = replica.value;
    offset = last.end;
  }
  previous = "";
  while (offset < stamp.length) {
    const replica = readReplica(stamp, offset);
    const first = readCounter(stamp, replica.end);
    const more = readVarint(stamp, first.end) ?? malformed();
    const last = first.value + more.value;
    const spans = context.get(replica.value) ?? [];
    // Without a gap before it, it would be a part of the span before, or an entry.
    const isApart = first.value > (spans.at(-1)?.[1] ?? 0) + 1;
    if (replica.value < previous || !isApart || !Number.isSafeInteger(last)) malformed();
    spans.push([first.value, last]);
    context.set(replica.value, spans);
    previous = replica.value;
    offset = more.end;
  }
  return { hlc, index: index.value, context };
};

/** The version's place in its commit. */
export const stampIndex = (stamp: Uint8Array): number =>
  (readVarint(stamp, HLC_BYTES) ?? malformed()).value;

/** The same stamp with another place in its commit: the only part of it that is a replica's own. */
export const withIndex = (stamp: Uint8Array, index: number): Uint8Array => {
  const old = readVarint(stamp, HLC_BYTES) ?? malformed();
  if (old.value === index) return stamp;
  if (index < 0x80 && old.value < 0x80) {
    const same = new Uint8Array(stamp);
    same[HLC_BYTES] = index;
    return same;
  }
  const place: number[] = [];
  pushVarint(place, index);
  const changed = new Uint8Array(stamp.length - (old.end - HLC_BYTES) + place.length);
  changed.set(stamp.subarray(0, HLC_BYTES), 0);
  changed.set(place, HLC_BYTES);
  changed.set(stamp.subarray(old.end), HLC_BYTES + place.length);
  return changed;
};
