/**
 * A device's signed word that a replica is its own, and a store's for one it knows from another circle in which it is a
 * member too (docs/sync.md, "Announcements").
 */
import { concatBytes, fromHex, utf8 } from "../bytes/bytes.ts";
import type { Member } from "../circle/device-log.ts";
import { REPLICA_ANNOUNCEMENT_LABEL, REPLICA_VOUCHING_LABEL } from "../crypto/peer-labels.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import type { NamespaceId, ReplicaId } from "../data/ids.ts";
import { replicaIdBytes } from "../data/replica-ids.ts";
import type { Announcement } from "../sync/messages.ts";
import type { DeviceKeys } from "./device-keys.ts";

/** The replica id has a fixed length, so that no two pairs give the same bytes. */
const signedBytes = (isVouched: boolean, namespace: NamespaceId, replica: ReplicaId): Uint8Array =>
  concatBytes(
    isVouched ? REPLICA_VOUCHING_LABEL : REPLICA_ANNOUNCEMENT_LABEL,
    replicaIdBytes(replica),
    utf8(namespace),
  );

export const announceReplica = (
  crypto: PeerPrimitives,
  { id, identitySeed }: DeviceKeys,
  namespace: NamespaceId,
  replica: ReplicaId,
  isVouched = false,
): Announcement => ({
  replica,
  device: fromHex(id),
  signature: crypto.ed25519Sign(identitySeed, signedBytes(isVouched, namespace, replica)),
  isVouched,
});

/** Whether this member has announced the replica in this namespace, and may: only stores vouch. */
export const isAnnouncedBy = (
  crypto: PeerPrimitives,
  { record, role }: Pick<Member, "record" | "role">,
  namespace: NamespaceId,
  { replica, signature, isVouched }: Announcement,
): boolean =>
  (!isVouched || role === "store") &&
  crypto.ed25519Verify(record.identityKey, signedBytes(isVouched, namespace, replica), signature);
