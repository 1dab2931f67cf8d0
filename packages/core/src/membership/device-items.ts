/** The devices of a circle as they are told over the local protocol (docs/protocol.md, `own-device`). */
import type { Member } from "../circle/device-log.ts";
import type { Fault } from "./member-link.ts";
import type { DeviceStatus } from "./membership.ts";

export const memberItem = ({
  record,
  role,
  name,
  added,
  addedBy,
}: Member): Record<string, unknown> => ({
  id: record.id,
  name,
  role,
  added,
  addedBy,
  syncServices: record.syncServices,
});

const faultItem = ({ error, at }: Fault): unknown => ({
  code: error.code,
  text: error.message,
  at,
});

/** Times in milliseconds since 1970, numbers of versions; null for what is unknown, or not so. */
export const deviceItem = (device: DeviceStatus): Record<string, unknown> => ({
  ...memberItem(device.member),
  own: device.isOwn,
  connected: device.isConnected,
  lastSeen: device.lastSeen ?? null,
  lastVerified: device.lastVerified ?? null,
  verifiedSince: device.verifiedSince ?? null,
  toSend: device.toSend ?? null,
  toReceive: device.toReceive ?? null,
  mismatched: device.isMismatched,
  lastError: device.lastFault === undefined ? null : faultItem(device.lastFault),
});
