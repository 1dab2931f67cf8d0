/** The devices of the app's own circle, as the holder of its data tells of them. */
import { fields } from "@masq/core";
import { readDevice, type Device } from "../device-status.ts";

/** Fields that say nothing may be missing. */
export const readOwnDevice = (item: unknown): Device => {
  const device = fields.asRecord(item, "a device");
  return {
    ...readDevice({ connected: false, ...device }),
    id: fields.asText(device["id"], "a device id"),
    name: fields.asText(device["name"], "a name"),
  };
};

/** All but this one. */
export const readOwnDevices = (items: unknown): Device[] =>
  fields
    .asArray(items, "devices")
    .filter((item) => fields.asRecord(item, "a device")["own"] !== true)
    .map(readOwnDevice);
