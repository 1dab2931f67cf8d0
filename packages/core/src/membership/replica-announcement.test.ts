import { describe, expect, it } from "vitest";
import type { DeviceRecord } from "../circle/device-record.ts";
import type { DeviceRole } from "../circle/operation.ts";
import { noblePeerPrimitives as crypto } from "../crypto/noble-peer.ts";
import type { NamespaceId, ReplicaId } from "../data/ids.ts";
import { memoryStorage } from "../memory-storage.ts";
import { rejectsCode } from "../testing/expect.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { loadDeviceKeys, type DeviceKeys } from "./device-keys.ts";
import { announceReplica, isAnnouncedBy } from "./replica-announcement.ts";

const MAPS = "https://maps.example.org" as NamespaceId;
const OTHER = "https://maps.example.or" as NamespaceId;
const STORE = "masq:store" as NamespaceId;
const REPLICA = "0123456789abcdef" as ReplicaId;
const random = seededRandom(3);
const bytes = (length: number): Uint8Array => random.bytes(length);

describe("an announcement of a replica", () => {
  it("holds for its device, namespace and replica alone", async () => {
    const keys = await loadDeviceKeys(crypto, bytes, memoryStorage(), STORE);
    const stranger = await loadDeviceKeys(crypto, bytes, memoryStorage(), STORE);
    const announcement = announceReplica(crypto, keys, MAPS, REPLICA);
    const by = (device: DeviceKeys, role: DeviceRole = "app") => ({
      record: { identityKey: device.identityKey } as DeviceRecord,
      role,
    });
    const device = by(keys);
    expect(isAnnouncedBy(crypto, device, MAPS, announcement)).toBe(true);
    expect(isAnnouncedBy(crypto, by(stranger), MAPS, announcement)).toBe(false);
    expect(isAnnouncedBy(crypto, device, OTHER, announcement)).toBe(false);
    const replica = "0123456789abcdee" as ReplicaId;
    expect(isAnnouncedBy(crypto, device, MAPS, { ...announcement, replica })).toBe(false);
    const signature = announcement.signature.slice();
    signature[5] = (signature[5] as number) ^ 1;
    expect(isAnnouncedBy(crypto, device, MAPS, { ...announcement, signature })).toBe(false);
    const turned = { ...announcement, isVouched: true };
    expect(isAnnouncedBy(crypto, by(keys, "store"), MAPS, turned)).toBe(false);
    const vouched = announceReplica(crypto, keys, MAPS, REPLICA, true);
    expect(isAnnouncedBy(crypto, by(keys, "store"), MAPS, vouched)).toBe(true);
    expect(isAnnouncedBy(crypto, device, MAPS, vouched), "an app vouches for nobody").toBe(false);
    expect(isAnnouncedBy(crypto, by(keys, "store"), MAPS, { ...vouched, isVouched: false })).toBe(
      false,
    );
  });
});

describe("a device's keys", () => {
  it("are made once and are the same ever after", async () => {
    const storage = memoryStorage();
    const first = await loadDeviceKeys(crypto, bytes, storage, STORE);
    const second = await loadDeviceKeys(crypto, bytes, storage, STORE);
    expect(second.id).toBe(first.id);
    expect(second.identitySeed).toEqual(first.identitySeed);
    expect(second.channelKey.publicKey).toEqual(first.channelKey.publicKey);
    expect(second.kemKey).toEqual(first.kemKey);
  });

  it("that are damaged are never replaced by others", async () => {
    const storage = memoryStorage();
    await loadDeviceKeys(crypto, bytes, storage, STORE);
    const [[name, note]] = (await storage.notes(STORE, "device/")) as [[string, Uint8Array]];
    const damage = note.slice(0, -3);
    await storage.update(STORE, {}, () => ({ notes: [[name, damage]], result: undefined }));
    await rejectsCode(loadDeviceKeys(crypto, bytes, storage, STORE), "MASQ_STORAGE_DAMAGED");
    expect(await storage.note(STORE, name)).toEqual(damage);
  });
});
