/**
 * A device's own keys in one circle, kept as a note of its storage, which encrypts them. A platform that keeps keys
 * better than that (a browser's non-extractable ones) brings its own `DeviceKeys`.
 */
import { encode } from "cborg";
import { decodeOne } from "../bytes/cbor.ts";
import { deviceIdOf } from "../circle/device-record.ts";
import {
  ED25519_SEED_BYTES,
  KEM_SEED_BYTES,
  type PeerPrimitives,
} from "../crypto/peer-primitives.ts";
import { DH_BYTES, type DhKey } from "../crypto/primitives.ts";
import { softwareKey } from "../crypto/software-key.ts";
import type { DeviceId, NamespaceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import type { Random } from "../host.ts";
import type { Storage } from "../storage.ts";

export interface DeviceKeys {
  readonly id: DeviceId;
  /** Ed25519, 32 bytes. */
  readonly identitySeed: Uint8Array;
  readonly identityKey: Uint8Array;
  /** X25519. */
  readonly channelKey: DhKey;
  /** ML-KEM-768, the public key. */
  readonly kemKey: Uint8Array;
}

const KEYS_NOTE = "device/keys";
const FORMAT = 1;

/** The keys in `namespace`, made and durable before they are used when there are none. */
export const loadDeviceKeys = async (
  crypto: PeerPrimitives,
  random: Random,
  storage: Storage,
  namespace: NamespaceId,
): Promise<DeviceKeys> => {
  const note = await storage.update(namespace, { notes: [KEYS_NOTE] }, (view) => {
    const kept = view.note(KEYS_NOTE);
    if (kept !== undefined) return { result: kept };
    const fresh = encode([
      FORMAT,
      random(ED25519_SEED_BYTES),
      random(DH_BYTES),
      random(KEM_SEED_BYTES),
    ]);
    return { notes: [[KEYS_NOTE, fresh]], result: fresh };
  });
  const [identitySeed, channelKey, kemSeed] = readSecrets(note);
  return deviceKeysOf(crypto, {
    identitySeed,
    channelKey: softwareKey(crypto, channelKey),
    kemSeed,
  });
};

/** A device's keys from what is secret of them, for a platform that keeps that in a place of its own. */
export const deviceKeysOf = (
  crypto: PeerPrimitives,
  secrets: {
    readonly identitySeed: Uint8Array;
    readonly channelKey: DhKey;
    readonly kemSeed: Uint8Array;
  },
): DeviceKeys => {
  const { identitySeed, channelKey, kemSeed } = secrets;
  const identityKey = crypto.ed25519PublicKey(identitySeed);
  const { publicKey: kemKey, secretKey } = crypto.kemGenerate(kemSeed);
  secretKey.fill(0);
  return { id: deviceIdOf(crypto, identityKey), identitySeed, identityKey, channelKey, kemKey };
};

const fieldsOf = (note: Uint8Array): readonly unknown[] => {
  try {
    const fields = decodeOne(note, {});
    return Array.isArray(fields) ? (fields as unknown[]) : [];
  } catch {
    return [];
  }
};

const readSecrets = (note: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] => {
  const [format, ...secrets] = fieldsOf(note);
  const lengths = [ED25519_SEED_BYTES, DH_BYTES, KEM_SEED_BYTES];
  const areRight =
    format === FORMAT &&
    secrets.length === lengths.length &&
    secrets.every((item, at) => item instanceof Uint8Array && item.length === lengths[at]);
  if (areRight) return secrets as [Uint8Array, Uint8Array, Uint8Array];
  // Never replaced by fresh ones: to its circle this device would be a stranger.
  throw new MasqError(
    "MASQ_STORAGE_DAMAGED",
    "This device's keys cannot be read. Nothing was changed. Put back a copy of the data, or keep the database aside and pair this device anew.",
  );
};
