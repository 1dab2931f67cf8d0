/** What this device says of itself to the others of a circle (docs/circle.md, "Device records"). */
import { signRecord, type SignedRecord } from "../circle/device-record.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import type { DeviceKeys } from "./device-keys.ts";

export const recordOf = (
  crypto: PeerPrimitives,
  { identitySeed, identityKey, channelKey, kemKey }: DeviceKeys,
  name: string,
  syncServices: readonly string[],
): SignedRecord =>
  signRecord(crypto, identitySeed, {
    identityKey,
    channelKey: channelKey.publicKey,
    kemKey,
    name,
    syncServices,
  });
