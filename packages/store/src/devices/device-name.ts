/** The name a device first goes by: its host's, as far as that is fit to be shown. */
import { MAX_DEVICE_NAME_LENGTH } from "@masq/core/peer";

const MISLEADING = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

export const deviceName = (hostname: string): string => {
  const [first = ""] = hostname.replaceAll(MISLEADING, "").split(".");
  return Array.from(first).slice(0, MAX_DEVICE_NAME_LENGTH).join("").trim() || "Computer";
};
