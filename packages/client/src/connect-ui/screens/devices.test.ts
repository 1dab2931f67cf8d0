import { expect, it } from "vitest";
import type { Device } from "../../device-status.ts";
import { idAmong } from "./devices.ts";

it("devices of the same name are told apart by the beginning of their ids, as on the command line", () => {
  const devices = [
    { id: "0123456789abcdef", name: "Chrome on Linux" },
    { id: "fedcba9876543210", name: "Chrome on Linux" },
    { id: "aaaaaaaaaaaaaaaa", name: "Phone" },
    { id: undefined, name: undefined },
    { id: undefined, name: undefined },
  ] as Device[];
  expect(devices.map((device) => idAmong(devices, device))).toEqual([
    " (01234567)",
    " (fedcba98)",
    "",
    "",
    "",
  ]);
});
