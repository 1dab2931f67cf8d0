/**
 * A browser's keys in an app's circle. The channel's key is one of WebCrypto's where the browser has X25519: it can be used
 * and not be read. Signing and encapsulation are not everywhere in WebCrypto, so their seeds are kept sealed by an
 * AES-GCM key that cannot be read either: what is copied from the disk, or by a script, opens nothing elsewhere.
 */
import { DH_BYTES, MasqError, softwareKey, utf8, type NamespaceId, type Random } from "@masq/core";
import {
  deviceKeysOf,
  ED25519_SEED_BYTES,
  KEM_SEED_BYTES,
  type DeviceKeys,
  type PeerPrimitives,
} from "@masq/core/peer";
import { dhKey, requireWebCrypto, X25519 } from "./browser-keys.ts";
import { openRecords } from "./browser-records.ts";

interface KeyRecord {
  readonly wrappingKey: CryptoKey;
  readonly nonce: Uint8Array<ArrayBuffer>;
  /** Identity seed, KEM seed, X25519 private key; the last is not used where there is `channelKeys`. */
  readonly sealed: ArrayBuffer;
  readonly channelKeys: CryptoKeyPair | undefined;
}

const AES = "AES-GCM";
const AES_BITS = 256;
const NONCE_BYTES = 12;
const SECRET_BYTES: number = ED25519_SEED_BYTES + KEM_SEED_BYTES + DH_BYTES;

const failed = (cause: unknown): MasqError =>
  new MasqError(
    "MASQ_STORAGE_FAILED",
    "The browser did not keep or give back this device's keys, so it cannot take part in the app's circle. Nothing was changed. Allow the page to store data, or leave the private window; then open it again.",
    { cause },
  );

const damaged = (cause: unknown): MasqError =>
  new MasqError(
    "MASQ_STORAGE_DAMAGED",
    "This device's keys cannot be opened. Nothing was changed. What other devices hold is safe: clear this site's data and pair this device anew.",
    { cause },
  );

/** Undefined where the browser's WebCrypto has no X25519. */
const generateChannelKeys = async (): Promise<CryptoKeyPair | undefined> => {
  try {
    return (await crypto.subtle.generateKey(X25519, false, ["deriveBits"])) as CryptoKeyPair;
  } catch {
    return undefined;
  }
};

/** Another app's sealed keys do not open as this one's. */
const parameters = (nonce: Uint8Array<ArrayBuffer>, namespace: NamespaceId): AesGcmParams => ({
  name: AES,
  iv: nonce,
  additionalData: utf8(`masq peer keys v1 ${namespace}`) as Uint8Array<ArrayBuffer>,
});

const makeRecord = async (random: Random, namespace: NamespaceId): Promise<KeyRecord> => {
  const wrappingKey = await crypto.subtle.generateKey({ name: AES, length: AES_BITS }, false, [
    "encrypt",
    "decrypt",
  ]);
  const nonce = random(NONCE_BYTES) as Uint8Array<ArrayBuffer>;
  const secrets = random(SECRET_BYTES) as Uint8Array<ArrayBuffer>;
  const sealed = await crypto.subtle.encrypt(parameters(nonce, namespace), wrappingKey, secrets);
  secrets.fill(0);
  return { wrappingKey, nonce, sealed, channelKeys: await generateChannelKeys() };
};

const loadRecord = async (random: Random, namespace: NamespaceId): Promise<KeyRecord> => {
  try {
    const records = await openRecords<KeyRecord>("masq keys", "keys");
    try {
      const kept = await records.get(namespace);
      return kept ?? (await records.keepFirst(namespace, await makeRecord(random, namespace)));
    } finally {
      records.close();
    }
  } catch (cause) {
    throw failed(cause);
  }
};

/** The next keys are others: those of a device that is no more must not speak for what is empty. */
export const forgetBrowserPeerKeys = async (namespace: NamespaceId): Promise<void> => {
  try {
    const records = await openRecords<KeyRecord | undefined>("masq keys", "keys");
    try {
      await records.put(namespace, undefined);
    } finally {
      records.close();
    }
  } catch (cause) {
    throw failed(cause);
  }
};

/** The keys, made when there are none. Rejects with MASQ_STORAGE_FAILED, MASQ_STORAGE_DAMAGED or MASQ_OPTION_INVALID. */
export const openBrowserPeerKeys = async (
  primitives: PeerPrimitives,
  random: Random,
  namespace: NamespaceId,
): Promise<DeviceKeys> => {
  requireWebCrypto();
  const { wrappingKey, nonce, sealed, channelKeys } = await loadRecord(random, namespace);
  let secrets: Uint8Array;
  try {
    const opened = await crypto.subtle.decrypt(parameters(nonce, namespace), wrappingKey, sealed);
    secrets = new Uint8Array(opened);
  } catch (cause) {
    throw damaged(cause);
  }
  const identitySeed = secrets.slice(0, ED25519_SEED_BYTES);
  const kemSeed = secrets.subarray(ED25519_SEED_BYTES, ED25519_SEED_BYTES + KEM_SEED_BYTES);
  const channelSeed = secrets.subarray(ED25519_SEED_BYTES + KEM_SEED_BYTES);
  const channelKey =
    channelKeys === undefined ? softwareKey(primitives, channelSeed) : await dhKey(channelKeys);
  const keys = deviceKeysOf(primitives, { identitySeed, channelKey, kemSeed });
  secrets.fill(0);
  return keys;
};
