/** Names of devices: labels for people, which several may have. */
import type { DeviceId } from "../data/ids.ts";
import type { Member } from "./device-log.ts";
import { MAX_DEVICE_NAME_LENGTH } from "./device-record.ts";

const MISLEADING = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** The name a device first goes by, as its platform calls it: one that a device record takes; `fallback` where nothing is left of the text. */
export const deviceNameOf = (text: string, fallback: string): string => {
  const fit = text.replaceAll(MISLEADING, "").trim();
  return Array.from(fit).slice(0, MAX_DEVICE_NAME_LENGTH).join("").trim() || fallback;
};

/** Whether one of the members, but for `device` itself, goes by this name. */
export const isNameTaken = (members: readonly Member[], device: DeviceId, name: string): boolean =>
  members.some((member) => member.record.id !== device && member.name === name);
