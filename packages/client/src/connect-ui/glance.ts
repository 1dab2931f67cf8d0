/** How it stands with the person's data, in one word: what the button shows. */
import type { DeviceStatus } from "../device-status.ts";
import type { Status } from "../masq-client.ts";
import type { IconName } from "./icons.ts";

export type GlanceKind =
  | "alone"
  | "away"
  | "connecting"
  | "failed"
  | "full"
  | "linked"
  | "offline"
  | "receiving"
  | "sending"
  | "store"
  | "storeAway"
  | "troubled"
  | "unreachable"
  | "verified";

export type Mood = "calm" | "good" | "busy" | "bad";

export interface Glance {
  readonly kind: GlanceKind;
  /** Of devices, or of changes: about. */
  readonly count: number;
}

export interface Facts {
  readonly status:
    | Pick<Status, "mode" | "connected" | "ended" | "devices" | "trouble" | "unreachable">
    | undefined;
  readonly hasFailed: boolean;
  readonly isOnline: boolean;
}

const ICONS: Readonly<Record<GlanceKind, readonly [IconName, Mood]>> = {
  alone: ["device", "calm"],
  away: ["away", "calm"],
  connecting: ["busy", "calm"],
  failed: ["problem", "bad"],
  full: ["problem", "bad"],
  linked: ["link", "good"],
  offline: ["offline", "busy"],
  receiving: ["receive", "busy"],
  sending: ["send", "busy"],
  store: ["store", "good"],
  storeAway: ["offline", "busy"],
  troubled: ["problem", "bad"],
  unreachable: ["offline", "busy"],
  verified: ["verified", "good"],
};

export const iconOf = ({ kind }: Glance): IconName => ICONS[kind][0];
export const moodOf = ({ kind }: Glance): Mood => ICONS[kind][1];

/** Each device has its own backlog of the same changes: the longest is what is left to do. */
const longest = (
  devices: readonly DeviceStatus[],
  backlog: (device: DeviceStatus) => number | undefined,
): number => Math.max(0, ...devices.map((device) => backlog(device) ?? 0));

const ofDevices = (
  { devices, unreachable }: Pick<Status, "devices" | "unreachable">,
  isOnline: boolean,
): Glance => {
  const connected = devices.filter((device) => device.connected).length;
  // A device that cannot be reached directly says nothing about the network: only the lack of both does.
  if (connected === 0 && !isOnline) return { kind: "offline", count: devices.length };
  if (connected === 0 && unreachable !== undefined) return { kind: "unreachable", count: 0 };
  const toSend = longest(devices, (device) => device.toSend);
  if (toSend > 0) return { kind: "sending", count: toSend };
  const toReceive = longest(devices, (device) => device.toReceive);
  if (toReceive > 0) return { kind: "receiving", count: toReceive };
  if (devices.every(({ verifiedSince }) => verifiedSince !== undefined))
    return { kind: "verified", count: devices.length };
  return connected > 0 ? { kind: "linked", count: connected } : { kind: "away", count: 0 };
};

export const glanceOf = ({ status, hasFailed, isOnline }: Facts): Glance => {
  if (hasFailed || status?.ended !== undefined) return { kind: "failed", count: 0 };
  if (status === undefined) return { kind: "connecting", count: 0 };
  const { mode, connected, devices, trouble } = status;
  if (!connected) return { kind: mode === "store" ? "storeAway" : "connecting", count: 0 };
  // Whatever the devices say, it is not what is kept here.
  if (trouble !== undefined)
    return { kind: trouble.code === "MASQ_STORAGE_FULL" ? "full" : "troubled", count: 0 };
  if (devices.length > 0) {
    const glance = ofDevices(status, isOnline);
    // The store cares for its connections; a page cannot tell from its own network.
    if (mode === "peer" || (glance.kind !== "offline" && glance.kind !== "away")) return glance;
  }
  return mode === "store" ? { kind: "store", count: 0 } : { kind: "alone", count: 0 };
};
