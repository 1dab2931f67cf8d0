/**
 * Digest of what a replica holds: the XOR over all live versions of a truncated SHA-256, so that it is kept up to
 * date write by write and does not depend on the order. Tombstones are left out. docs/protocol.md, "Digest".
 */
import type { SymmetricPrimitives } from "../crypto/primitives.ts";
import { DIGEST_LABEL } from "../crypto/labels.ts";
import type { Row } from "../storage.ts";
import { replicaIdBytes } from "./replica-ids.ts";

export const DIGEST_BYTES = 16;
export const EMPTY_DIGEST: Uint8Array = new Uint8Array(DIGEST_BYTES);

const encoder = new TextEncoder();
const HEAD_BYTES = DIGEST_LABEL.length + 2 + 8 + 8;
/** Reused between calls: hashing is synchronous and core is single-threaded. Larger rows get an array of their own. */
const scratch = new Uint8Array(4096);

/** First 16 bytes of SHA-256(label | u16 key length | key | replica id | u64 counter | value). */
export const digestItem = (crypto: SymmetricPrimitives, row: Row): Uint8Array => {
  const value = row.value ?? EMPTY_DIGEST;
  const room = HEAD_BYTES + row.key.length * 3 + value.length;
  const bytes = room <= scratch.length ? scratch : new Uint8Array(room);
  bytes.set(DIGEST_LABEL, 0);
  let offset = DIGEST_LABEL.length;
  const { written } = encoder.encodeInto(row.key, bytes.subarray(offset + 2));
  bytes[offset] = written >>> 8;
  bytes[offset + 1] = written & 0xff;
  offset += 2 + written;
  bytes.set(replicaIdBytes(row.replica), offset);
  offset += 8;
  const high = Math.floor(row.counter / 2 ** 32);
  for (let shift = 24; shift >= 0; shift -= 8) {
    bytes[offset] = high >>> shift;
    bytes[offset + 4] = row.counter >>> shift;
    offset += 1;
  }
  offset += 4;
  bytes.set(value, offset);
  return crypto.sha256(bytes.subarray(0, offset + value.length)).subarray(0, DIGEST_BYTES);
};

/** The digest after rows came and went; tombstones among them change nothing. */
export const updateDigest = (
  crypto: SymmetricPrimitives,
  digest: Uint8Array,
  removed: readonly Row[],
  added: readonly Row[],
): Uint8Array => {
  const next = new Uint8Array(digest);
  for (const rows of [removed, added]) {
    for (const row of rows) {
      if (row.value === null) continue;
      const item = digestItem(crypto, row);
      for (let index = 0; index < DIGEST_BYTES; index += 1) {
        next[index] = (next[index] as number) ^ (item[index] as number);
      }
    }
  }
  return next;
};
