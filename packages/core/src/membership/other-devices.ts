/** What an app learns of the devices that share its namespace. */
import type { NamespaceId } from "../data/ids.ts";
import type { DeviceSummary, OtherDevices } from "../local/other-devices.ts";
import type { DeviceStatus, Membership } from "./membership.ts";

export const otherDevices = (membership: Membership, namespace: NamespaceId): OtherDevices => ({
  list: () =>
    membership
      .devices()
      .filter(({ isOwn }) => !isOwn)
      .map((device) => summaryOf(device, namespace)),
  onChanged: (listener) => membership.onStatus(listener),
  whenHeld: (counter, devices, held) => membership.whenHeld(namespace, counter, devices, held),
});

const summaryOf = (device: DeviceStatus, namespace: NamespaceId): DeviceSummary => {
  const { isConnected, lastSeen, lastVerified } = device;
  const status = device.namespaces.get(namespace);
  return {
    connected: isConnected,
    lastSeen: lastSeen ?? null,
    lastVerified: lastVerified ?? null,
    verifiedSince: status?.verifiedSince ?? null,
    toSend: status?.toSend ?? null,
    toReceive: status?.toReceive ?? null,
  };
};
