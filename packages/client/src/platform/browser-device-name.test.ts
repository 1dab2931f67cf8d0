import { afterEach, expect, it, vi } from "vitest";
import { browserDeviceName } from "./browser-device-name.ts";

afterEach(() => void vi.unstubAllGlobals());

it.each([
  [
    "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
    "Firefox on Linux x86_64",
  ],
  [
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
    "Firefox on Ubuntu",
  ],
  ["Mozilla/5.0 (Android 14; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0", "Firefox on Android 14"],
  ["Unheard of", "Browser"],
])("%s is %s", (userAgent, name) => {
  vi.stubGlobal("navigator", { userAgent });
  expect(browserDeviceName()).toBe(name);
});

it("is what Chromium says of itself, without the brand that is made up", () => {
  const brands = [{ brand: "Not A(Brand" }, { brand: "Chromium" }, { brand: "Google Chrome" }];
  vi.stubGlobal("navigator", { userAgent: "", userAgentData: { platform: "Linux", brands } });
  expect(browserDeviceName()).toBe("Google Chrome on Linux");
});
