/**
 * A device's public keys and its name, signed by the device itself, so that nobody who passes the record on can put
 * another key into it. The device id is the hash of the identity key alone: the other keys may be replaced later.
 * docs/circle.md, "Device records".
 */
import { encode } from "cborg";
import { compareBytes, concatBytes, toHex } from "../bytes/bytes.ts";
import { DEVICE_ID_LABEL, DEVICE_RECORD_LABEL } from "../crypto/peer-labels.ts";
import { DH_BYTES } from "../crypto/primitives.ts";
import {
  ED25519_PUBLIC_KEY_BYTES,
  KEM_PUBLIC_KEY_BYTES,
  type PeerPrimitives,
} from "../crypto/peer-primitives.ts";
import type { DeviceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import { readSignedFields, type SignedItem } from "./signed-fields.ts";

export const MAX_DEVICE_NAME_LENGTH = 64;
export const MAX_SYNC_SERVICES = 4;
export const MAX_SYNC_SERVICE_LENGTH = 256;

export interface DeviceRecord {
  readonly id: DeviceId;
  /** Ed25519; signs the device log and this record. */
  readonly identityKey: Uint8Array;
  /** X25519; static key of the channel's handshake. */
  readonly channelKey: Uint8Array;
  /** ML-KEM-768; for a handshake with post-quantum authentication. */
  readonly kemKey: Uint8Array;
  /** Chosen by its owner; a rename in the log replaces it. */
  readonly name: string;
  /** Where it listens: addresses of sync services. */
  readonly syncServices: readonly string[];
}

/** A record as it travels: `[record bytes, signature]`. */
export type SignedRecord = SignedItem;

/** Keys, a name and addresses at their longest, with room. */
const MAX_RECORD_BYTES = 4096;
const FORMAT = 1;

/** SHA-256(label | identity key), hexadecimal. */
export const deviceIdOf = (crypto: PeerPrimitives, identityKey: Uint8Array): DeviceId =>
  toHex(crypto.sha256(concatBytes(DEVICE_ID_LABEL, identityKey))) as DeviceId;

/** `[1, identity key, channel key, KEM key, name, [sync service...]]` */
const encodeRecord = (record: Omit<DeviceRecord, "id">): Uint8Array =>
  encode([
    FORMAT,
    record.identityKey,
    record.channelKey,
    record.kemKey,
    record.name,
    record.syncServices,
  ]);

export const signRecord = (
  crypto: PeerPrimitives,
  identitySeed: Uint8Array,
  record: Omit<DeviceRecord, "id">,
): SignedRecord => {
  const bytes = encodeRecord(record);
  return [bytes, crypto.ed25519Sign(identitySeed, concatBytes(DEVICE_RECORD_LABEL, bytes))];
};

/** Whether both are of one device, which holds the same keys according to both. */
export const hasSameKeys = (a: DeviceRecord, b: DeviceRecord): boolean =>
  compareBytes(a.identityKey, b.identityKey) === 0 &&
  compareBytes(a.channelKey, b.channelKey) === 0 &&
  compareBytes(a.kemKey, b.kemKey) === 0;

const invalid = (what: string): never => {
  throw new MasqError("MASQ_MESSAGE_INVALID", `A device record is malformed: ${what}.`);
};

const bytesOf = (field: unknown, length: number): Uint8Array =>
  field instanceof Uint8Array && field.length === length ? field : invalid("a key");

/** One line of a bounded length, without characters that could mislead whoever reads it. */
export const isDeviceName = (name: unknown): name is string =>
  typeof name === "string" &&
  name.length > 0 &&
  name.length <= MAX_DEVICE_NAME_LENGTH &&
  name.trim() === name &&
  !/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u.test(name);

/** The address of a sync service, as records and invitations name it. */
export const isSyncService = (url: unknown): url is string =>
  typeof url === "string" && url.length <= MAX_SYNC_SERVICE_LENGTH && /^wss?:\/\/[^\s]+$/.test(url);

/** Throws MASQ_MESSAGE_INVALID unless this is a record in its only form, signed by the device it is of. */
export const readRecord = (crypto: PeerPrimitives, signed: unknown): DeviceRecord => {
  const { bytes, signature, fields } = readSignedFields(signed, {
    maxBytes: MAX_RECORD_BYTES,
    format: FORMAT,
    count: 5,
    invalid,
  });
  const [identityKey, channelKey, kemKey, name, services] = fields;
  if (!isDeviceName(name)) return invalid("its name");
  if (
    !Array.isArray(services) ||
    services.length > MAX_SYNC_SERVICES ||
    !services.every(isSyncService)
  ) {
    return invalid("its sync services");
  }
  const record = {
    identityKey: bytesOf(identityKey, ED25519_PUBLIC_KEY_BYTES),
    channelKey: bytesOf(channelKey, DH_BYTES),
    kemKey: bytesOf(kemKey, KEM_PUBLIC_KEY_BYTES),
    name,
    syncServices: services,
  };
  if (compareBytes(encodeRecord(record), bytes) !== 0) return invalid("not its only form");
  const isSigned = crypto.ed25519Verify(
    record.identityKey,
    concatBytes(DEVICE_RECORD_LABEL, bytes),
    signature,
  );
  if (!isSigned) return invalid("its signature");
  return { id: deviceIdOf(crypto, record.identityKey), ...record };
};
