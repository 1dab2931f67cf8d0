/**
 * How a replica begins, and how it goes on under another id: one whose disk was put back to an older copy has forgotten what it wrote since,
 * and must not give the same dots to something else. docs/sync.md, "Rollback".
 */
import { toHex } from "../bytes/bytes.ts";
import { EMPTY_DIGEST } from "../data/digest.ts";
import { HLC_ZERO } from "../data/hlc.ts";
import { EMPTY_VECTOR } from "../data/version-vector.ts";
import { REPLICA_ID_BYTES, type NamespaceId, type ReplicaId } from "../data/ids.ts";
import { isReplicaId } from "../data/replica-ids.ts";
import type { Host } from "../host.ts";
import type { Change, ReplicaState, Storage } from "../storage.ts";

/** One note for each id a replica had before, so that its device goes on announcing it. */
const FORMER_PREFIX = "former/";
const EMPTY = new Uint8Array(0);

const freshId = ({ random }: Pick<Host, "random">): ReplicaId =>
  toHex(random(REPLICA_ID_BYTES)) as ReplicaId;

/** Of a replica that holds nothing. */
export const freshState = (host: Pick<Host, "random">): ReplicaState => ({
  replica: freshId(host),
  counter: 0,
  arrival: 0,
  hlc: HLC_ZERO,
  vector: EMPTY_VECTOR,
  held: EMPTY_VECTOR,
  digest: EMPTY_DIGEST,
  entries: 0,
  tombstones: 0,
  bytes: 0,
});

/** What it has written stays, as another replica's. */
export const succession = (
  host: Pick<Host, "random">,
  state: ReplicaState,
): Change<ReplicaState> & { readonly state: ReplicaState } => {
  const next = { ...state, replica: freshId(host), counter: 0 };
  return { state: next, notes: [[FORMER_PREFIX + state.replica, EMPTY]], result: next };
};

export const formerIds = async (storage: Storage, namespace: NamespaceId): Promise<ReplicaId[]> => {
  const notes = await storage.notes(namespace, FORMER_PREFIX);
  return notes.map(([name]) => name.slice(FORMER_PREFIX.length)).filter(isReplicaId);
};

/**
 * Gives every replica of the storage, none of which is open, a new id: for a storage that was copied or put back. Also
 * one that holds nothing, which may have written all it ever wrote after it was copied. Resolves when that is durable.
 */
export const succeedAll = async (host: Pick<Host, "random">, storage: Storage): Promise<void> => {
  for (const namespace of await storage.namespaces()) {
    await storage.update(namespace, {}, ({ state }) =>
      state === undefined
        ? { result: undefined }
        : { ...succession(host, state), result: undefined },
    );
  }
};
