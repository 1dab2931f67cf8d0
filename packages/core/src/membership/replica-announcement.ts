/** A device's signed word that a replica is its own (docs/sync.md, "Announcements"). */
import { concatBytes, fromHex, utf8 } from "../bytes/bytes.ts";
import { REPLICA_ANNOUNCEMENT_LABEL } from "../crypto/labels.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import { replicaIdBytes, type NamespaceId, type ReplicaId } from "../data/ids.ts";
import type { Announcement } from "../sync/messages.ts";
import type { DeviceKeys } from "./device-keys.ts";

/** The replica id has a fixed length, so that no two pairs give the same bytes. */
const signedBytes = (namespace: NamespaceId, replica: ReplicaId): Uint8Array =>
  concatBytes(REPLICA_ANNOUNCEMENT_LABEL, replicaIdBytes(replica), utf8(namespace));

export const announceReplica = (
  crypto: PeerPrimitives,
  { id, identitySeed }: DeviceKeys,
  namespace: NamespaceId,
  replica: ReplicaId,
): Announcement => ({
  replica,
  device: fromHex(id),
  signature: crypto.ed25519Sign(identitySeed, signedBytes(namespace, replica)),
});

/** Whether the device with this identity key has announced the replica in this namespace. */
export const isAnnouncedBy = (
  crypto: PeerPrimitives,
  identityKey: Uint8Array,
  namespace: NamespaceId,
  { replica, signature }: Announcement,
): boolean => crypto.ed25519Verify(identityKey, signedBytes(namespace, replica), signature);
