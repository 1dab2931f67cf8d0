/** The name a device first goes by: what its platform calls it, as far as that is fit to be shown. */
import { MAX_DEVICE_NAME_LENGTH } from "./device-record.ts";

const MISLEADING = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** A name that a device record takes; `fallback` where nothing is left of the text. */
export const deviceNameOf = (text: string, fallback: string): string => {
  const fit = text.replaceAll(MISLEADING, "").trim();
  return Array.from(fit).slice(0, MAX_DEVICE_NAME_LENGTH).join("").trim() || fallback;
};
