/** Announcements without signatures: the simulation is about convergence, and must be quick. */
import type { ReplicaId } from "../../data/ids.ts";
import { replicaIdBytes } from "../../data/replica-ids.ts";
import { noblePrimitives } from "../../crypto/noble.ts";
import { utf8 } from "../../bytes/bytes.ts";
import { SIGNATURE_BYTES, type Announcement } from "../../sync/messages.ts";

/** A device id for a name. */
export const sha256Device = (name: string): Uint8Array => noblePrimitives.sha256(utf8(name));

const signatureOf = (replica: ReplicaId, device: Uint8Array): Uint8Array => {
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set(replicaIdBytes(replica));
  signature.set(device.subarray(0, 32), 8);
  return signature;
};

export const announcementOf = (replica: ReplicaId, device: Uint8Array): Announcement => ({
  replica,
  device,
  signature: signatureOf(replica, device),
  isVouched: false,
});

export const isAnnouncement = ({ replica, device, signature }: Announcement): boolean =>
  signatureOf(replica, device).every((byte, index) => byte === signature[index]);
