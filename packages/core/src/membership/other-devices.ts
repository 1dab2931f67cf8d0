/** What an app learns of the devices that share its namespace, in whatever circles that is. */
import type { NamespaceId } from "../data/ids.ts";
import type { DeviceSummary, OtherDevices } from "../local/other-devices.ts";
import { whenHeld } from "../sync/holding.ts";
import type { DeviceStatus, Membership } from "./membership.ts";

/** Of the circles that share the namespace at the time, each asked for anew. */
export const otherDevices = (
  namespace: NamespaceId,
  memberships: () => readonly Membership[],
): OtherDevices => ({
  list: () =>
    memberships().flatMap((membership) =>
      membership
        .devices()
        .filter(({ isOwn, isMet, isElsewhere }) => !isOwn && isMet && isElsewhere)
        .map((device) => summaryOf(device, namespace)),
    ),
  onChanged: (listener) => {
    const ends = memberships().map((membership) => membership.onStatus(listener));
    return () => {
      for (const end of ends) end();
    };
  },
  whenHeld: (vector, devices, held) => {
    let end = (): void => {};
    let isEnded = false;
    const wait = async (): Promise<void> => {
      const sharers = await Promise.all(memberships().map((one) => one.sharer(namespace)));
      if (isEnded) return;
      const waiting = whenHeld(sharers, { vector, devices });
      end = waiting.cancel;
      if (await waiting.held) held();
    };
    // A replica that cannot be read is told of where it is read.
    wait().catch(() => {});
    return () => {
      isEnded = true;
      end();
    };
  },
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
