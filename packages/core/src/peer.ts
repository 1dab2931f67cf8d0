/** Public names of @masq/core/peer: the channel between two devices, the circle they belong to and how they come into it, how they are kept connected and their replicas brought into step, and the primitives needed; no logic. */
export {
  channelRole,
  ChannelInitiator,
  ChannelResponder,
  MESSAGE_1_BYTES,
  MESSAGE_2_BYTES,
  type Capabilities,
  type Channel,
  type ChannelOptions,
} from "./channel/handshake.ts";
export { MAX_PIECE_BYTES, MessageJoiner, splitMessage } from "./channel/message-stream.ts";
export {
  MAX_DEVICE_RECORD_BYTES,
  PAIRING_MESSAGE_1_BYTES,
  PairingInitiator,
  PairingResponder,
  type Paired,
  type PairingOptions,
} from "./channel/pairing-handshake.ts";
export { PAIRING_SECRET_BYTES, pairingKeys, type PairingKeys } from "./channel/pairing-secret.ts";
export { DEVICE_ID_BYTES, RENDEZVOUS_ID_BYTES, WIRE_VERSION } from "./channel/prologue.ts";
export {
  MAX_DATA_BYTES,
  paddedLength,
  RECORD_OVERHEAD_BYTES,
  RECORD_TYPE,
} from "./channel/record.ts";
export {
  epochAt,
  pairRoot,
  rendezvousAt,
  rendezvousNow,
  secondsToNextEpoch,
  SIDE_KEY_BYTES,
  type Rendezvous,
} from "./channel/rendezvous.ts";
export {
  MAX_SESSION_BYTES,
  MAX_SESSION_MS,
  MAX_SESSION_RECORDS,
  Session,
  STEP_AFTER_BYTES,
  STEP_AFTER_MS,
  STEP_AFTER_RECORDS,
} from "./channel/session.ts";
export { assembleLogs } from "./circle/assemble-logs.ts";
export { DeviceLog, type Member } from "./circle/device-log.ts";
export { deviceNameOf, isNameTaken } from "./circle/device-name.ts";
export {
  deviceIdOf,
  MAX_DEVICE_NAME_LENGTH,
  hasSameKeys,
  isDeviceName,
  isSyncService,
  readRecord,
  signRecord,
  type DeviceRecord,
  type SignedRecord,
} from "./circle/device-record.ts";
export { LogBook, type LogBookOptions, type OwnDevice } from "./circle/log-book.ts";
export {
  readOperation,
  type DeviceRole,
  type Operation,
  type OperationHash,
} from "./circle/operation.ts";
export type { SignedItem } from "./circle/signed-fields.ts";
export { noblePeerPrimitives } from "./crypto/noble-peer.ts";
export {
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SEED_BYTES,
  ED25519_SIGNATURE_BYTES,
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_KEY_BYTES,
  KEM_RANDOM_BYTES,
  KEM_SECRET_KEY_BYTES,
  KEM_SEED_BYTES,
  KEM_SHARED_SECRET_BYTES,
  type KemEncapsulation,
  type KemKeyPair,
  type PeerPrimitives,
} from "./crypto/peer-primitives.ts";
export type { DeviceId } from "./data/ids.ts";
export { deviceKeysOf, loadDeviceKeys, type DeviceKeys } from "./membership/device-keys.ts";
export { deviceItem, memberItem } from "./membership/device-items.ts";
export { PairingRequests, type PairingRequestsOptions } from "./membership/pairing-requests.ts";
export type { MemberStatus } from "./membership/member-link.ts";
export { Membership, type DeviceStatus, type MembershipOptions } from "./membership/membership.ts";
export type { RelayAccess } from "./membership/relay-pool.ts";
export { OwnInvitations } from "./membership/own-invitations.ts";
export { otherDevices } from "./membership/other-devices.ts";
export type { RelayStatus } from "./relay/relay-link.ts";
export { trySyncService } from "./relay/try-service.ts";
export {
  SHARING,
  SharingPreferences,
  SYSTEM_NAMESPACE,
  type Sharing,
} from "./membership/sharing.ts";
export type { Role } from "./noise/pattern.ts";
export { RELAY_CLOSE, RELAY_SUBPROTOCOL } from "./relay/protocol.ts";
export { syncServiceAddress } from "./relay/service-address.ts";
export { accessTokenOf } from "./relay/access-token.ts";
export * from "./connect/index.ts";
export type { Confirm, PairingPeer, PairingSelf } from "./pairing/agreement.ts";
export {
  appInvitation,
  decodeInvitation,
  encodeInvitation,
  invitedNamespace,
  type Invitation,
} from "./pairing/invitation-link.ts";
export { invite, type InviteOptions, type PendingInvitation } from "./pairing/inviter.ts";
export { join, type JoinOptions, type PendingJoin } from "./pairing/joiner.ts";
export * from "./sync/index.ts";
