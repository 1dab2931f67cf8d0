/** What a browser calls itself to the person's other devices. */
import { deviceNameOf } from "@masq/core/peer";

/** Chromium's, which says more than the user agent's text. */
interface AgentData {
  readonly platform: string;
  readonly brands: readonly { readonly brand: string }[];
}

/** The first part in brackets of the user agent's text; Firefox on Linux puts the window system there, and Linux second. */
const SYSTEM = /\((?:X11; )?([^;)]+)/;
const BROWSERS = /(Firefox|Edg|Chrome|Safari)/;

/** Such as "Firefox on Linux x86_64": what a person tells their devices by until they name them. */
export const browserDeviceName = (): string => {
  const { userAgent, userAgentData } = navigator as Navigator & { userAgentData?: AgentData };
  const brands = userAgentData?.brands.map(({ brand }) => brand) ?? [];
  // One of them is made up, so that nobody relies on the list.
  const brand = brands.find((each) => !/Not|Chromium/.test(each));
  const browser = brand ?? BROWSERS.exec(userAgent)?.[0] ?? "Browser";
  const system = userAgentData?.platform ?? SYSTEM.exec(userAgent)?.[1] ?? "";
  return deviceNameOf(system === "" ? browser : `${browser} on ${system}`, "Browser");
};
