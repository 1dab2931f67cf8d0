/** Public names of @masq/core; no logic. */
export { concatBytes, compareBytes, fromHex, fromUtf8, toHex, utf8 } from "./bytes/bytes.ts";
export { equalBytes } from "./crypto/constant-time.ts";
export { hkdf } from "./crypto/kdf.ts";
export { nobleSymmetric } from "./crypto/noble-symmetric.ts";
export { noblePrimitives } from "./crypto/noble.ts";
export {
  AEAD_KEY_BYTES,
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  DH_BYTES,
  HASH_BYTES,
  type DhKey,
  type Primitives,
  type SymmetricPrimitives,
} from "./crypto/primitives.ts";
export { requireLength, sessionFailed } from "./crypto/session-failed.ts";
export { generatePrivateKey, softwareKey } from "./crypto/software-key.ts";
export { digestItem, DIGEST_BYTES, EMPTY_DIGEST } from "./data/digest.ts";
export { byDot, sameDot, type Dot } from "./data/dot.ts";
export type { Hlc } from "./data/hlc.ts";
export {
  isAppId,
  isNamespaceId,
  parseNamespaceId,
  type NamespaceId,
  type ReplicaId,
} from "./data/ids.ts";
export { isReplicaId } from "./data/replica-ids.ts";
export { checkKey, dataBytes, MAX_KEY_BYTES } from "./data/key.ts";
export { keyRange } from "./data/key-range.ts";
export { checkRange, type RangeOptions } from "./data/range-options.ts";
export { decodeReplicaState, encodeReplicaState } from "./data/replica-state.ts";
export { encodeStamp } from "./data/stamp.ts";
export { decodeValue, encodeValue, MAX_VALUE_BYTES } from "./data/value.ts";
export { ABSENT_TOKEN } from "./data/version-token.ts";
export type { VersionVector } from "./data/version-vector.ts";
export { toMasqError } from "./defects.ts";
export { codeOf, ERROR_CODES, isErrorCode, MasqError, type ErrorCode } from "./errors.ts";
export type { Clock, Host, OpenSocket, Random, Socket, SocketHandlers } from "./host.ts";
export { Caller, type CallerHandlers } from "./local/caller.ts";
export { Connection, type Service } from "./local/connection.ts";
export { DataService } from "./local/data-service.ts";
export * as fields from "./local/fields.ts";
export { Grants, isActive, STORE_NAMESPACE, type AppKey, type Grant } from "./local/grants.ts";
export {
  acceptConnection,
  joinStore,
  storeMismatch,
  type Accepted,
  type Doorkeeper,
  type Joined,
  type Joiner,
} from "./local/handshake.ts";
export { isAppOrigin, ownNamespace } from "./local/identity.ts";
export { errorItem, eventItem, readRequest, resultItem } from "./local/answers.ts";
export { readEntry, readError, type Request } from "./local/messages.ts";
export { noOtherDevices, type DeviceSummary, type OtherDevices } from "./local/other-devices.ts";
export { OwnWrites } from "./local/own-writes.ts";
export * from "./local/protocol.ts";
export { plainCipher } from "./local/plain-cipher.ts";
export { LocalSession, type RecordCipher, type SessionHandlers } from "./local/session.ts";
export { keyIdOfRelayToken, relayToken, RELAY_TOKEN_BYTES } from "./local/relay-token.ts";
export { Instances } from "./local/instances.ts";
export { NamespaceService, type NamespaceServiceOptions } from "./local/namespace-service.ts";
export { troubleItem } from "./local/answers.ts";
export { watchStorage, type StorageHealth, type WatchedStorage } from "./local/storage-health.ts";
export { socketPair } from "./local/socket-pair.ts";
export { ADMIN_IDENTITY, storeKeyFor, STORE_SECRET_BYTES } from "./local/store-keys.ts";
export { memoryStorage } from "./memory-storage.ts";
export { CipherState } from "./noise/cipher-state.ts";
export type { HandshakeState } from "./noise/handshake.ts";
export { createHandshake } from "./noise/patterns.ts";
export type { Operation } from "./replica/commit.ts";
export { checkBatch, MAX_BATCH_BYTES, MAX_BATCH_OPERATIONS } from "./replica/batch-limits.ts";
export { Replica, type Commit, type ListRequest } from "./replica/replica.ts";
export type { Shown } from "./replica/shown.ts";
export { succeedAll } from "./replica/succession.ts";
export { pruneWriters } from "./replica/writer.ts";
export { watchReplica, type Watch, type WatchEvent, type WatchTarget } from "./replica/watch.ts";
export {
  MAX_PAGE_KEYS,
  type Change,
  type KeyRange,
  type ListOptions,
  type Reads,
  type ReplicaState,
  type Row,
  type RowName,
  type Storage,
  type StorageStat,
  type View,
} from "./storage.ts";
