/** Replica ids as bytes and as they come from outside. Apart from the other names, as an app with a store needs neither. */
import { fromHex } from "../bytes/bytes.ts";
import type { ReplicaId } from "./ids.ts";

/** As many replicas as anybody has; the ids come from outside, so this is bounded. */
const MAX_CACHED_IDS = 1024;
const bytesById = new Map<ReplicaId, Uint8Array>();

/** The 8 bytes of a replica id; not to be changed. Needed for every version, so they are kept. */
export const replicaIdBytes = (id: ReplicaId): Uint8Array => {
  let bytes = bytesById.get(id);
  if (bytes === undefined) {
    bytes = fromHex(id);
    if (bytesById.size >= MAX_CACHED_IDS) bytesById.clear();
    bytesById.set(id, bytes);
  }
  return bytes;
};

const REPLICA_ID = /^[0-9a-f]{16}$/;

export const isReplicaId = (text: string): text is ReplicaId => REPLICA_ID.test(text);
