/** How far another of the person's devices is with this app's data. Devices have no names here: those are the owner's. */
import { fields } from "@masq/core";

export interface DeviceStatus {
  readonly connected: boolean;
  readonly lastSeen: Date | undefined;
  /** When it was last known to hold the same. */
  readonly lastVerified: Date | undefined;
  /** Since when it is known to hold the same; undefined while it does not. */
  readonly verifiedSince: Date | undefined;
  /** Versions, about; undefined while unknown. */
  readonly toSend: number | undefined;
  readonly toReceive: number | undefined;
}

/** One of the person's other devices. In store mode it has no id and no name: those are the owner's. */
export interface Device extends DeviceStatus {
  readonly id: string | undefined;
  readonly name: string | undefined;
}

const dateOf = (field: unknown): Date | undefined => {
  const time = fields.optional(field, fields.asUint, "a time");
  return time === undefined ? undefined : new Date(time);
};

export const readDevice = (item: unknown): DeviceStatus => {
  const device = fields.asRecord(item, "a device");
  return {
    connected: fields.asFlag(device["connected"], "a flag"),
    lastSeen: dateOf(device["lastSeen"]),
    lastVerified: dateOf(device["lastVerified"]),
    verifiedSince: dateOf(device["verifiedSince"]),
    toSend: fields.optional(device["toSend"], fields.asUint, "a count"),
    toReceive: fields.optional(device["toReceive"], fields.asUint, "a count"),
  };
};

export const readDevices = (items: unknown): DeviceStatus[] =>
  fields.asArray(items, "devices").map(readDevice);
