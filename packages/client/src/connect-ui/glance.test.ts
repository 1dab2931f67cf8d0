import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MasqError } from "@masq/core";
import type { DeviceStatus } from "../device-status.ts";
import { glanceOf, type Facts } from "./glance.ts";

type Status = NonNullable<Facts["status"]>;

const NOW = new Date(0);

const device = (told: Partial<DeviceStatus> = {}): DeviceStatus => ({
  connected: false,
  lastSeen: undefined,
  lastVerified: undefined,
  verifiedSince: undefined,
  toSend: undefined,
  toReceive: undefined,
  ...told,
});

const status = (told: Partial<Status> = {}): Status => ({
  mode: "peer",
  connected: true,
  ended: undefined,
  trouble: undefined,
  unreachable: undefined,
  devices: [],
  ...told,
});

const glance = (told: Partial<Status>, isOnline = true) =>
  glanceOf({ status: status(told), hasFailed: false, isOnline });

const devices = fc.array(
  fc.record({
    connected: fc.boolean(),
    lastSeen: fc.constant(undefined),
    lastVerified: fc.constant(undefined),
    verifiedSince: fc.option(fc.constant(NOW), { nil: undefined }),
    toSend: fc.option(fc.nat(), { nil: undefined }),
    toReceive: fc.option(fc.nat(), { nil: undefined }),
  }),
);

describe("what the button says", () => {
  it("is that the app connects, until the client has said something", () => {
    const facts = { status: undefined, hasFailed: false, isOnline: true };
    expect(glanceOf(facts).kind).toBe("connecting");
    expect(glanceOf({ ...facts, hasFailed: true }).kind).toBe("failed");
    expect(glance({ ended: new MasqError("MASQ_GRANT_REVOKED", "") }).kind).toBe("failed");
  });

  it("is that the data are on this device only while there is no other, with or without a network", () => {
    expect(glance({}).kind).toBe("alone");
    expect(glance({}, false).kind).toBe("alone");
  });

  it("is what the storage cannot do before all that other devices can, while it is reached", () => {
    const devices = [device({ connected: true, verifiedSince: NOW })];
    const full = new MasqError("MASQ_STORAGE_FULL", "");
    expect(glance({ devices, trouble: full }).kind).toBe("full");
    expect(glance({ trouble: full, connected: false }).kind).toBe("connecting");
    expect(glance({ trouble: new MasqError("MASQ_STORAGE_DAMAGED", "") }).kind).toBe("troubled");
    expect(glance({ mode: "store", trouble: full }).kind).toBe("full");
  });

  it("counts the devices that are connected", () => {
    const told = [device({ connected: true }), device({ connected: true }), device()];
    expect(glance({ devices: told })).toEqual({ kind: "linked", count: 2 });
    expect(glance({ devices: [device()] }).kind).toBe("away");
  });

  it("is offline only where there is neither a device nor a network", () => {
    expect(glance({ devices: [device({ toSend: 3 })] }, false).kind).toBe("offline");
    expect(glance({ devices: [device({ connected: true })] }, false).kind).toBe("linked");
  });

  it("tells that the sync service is away where nobody is met by other ways", () => {
    const unreachable = new MasqError("MASQ_SYNC_SERVICE_UNREACHABLE", "");
    expect(glance({ devices: [device({ toSend: 3 })], unreachable }).kind).toBe("unreachable");
    expect(glance({ devices: [device()], unreachable }, false).kind).toBe("offline");
    expect(glance({ devices: [device({ connected: true })], unreachable }).kind).toBe("linked");
    expect(glance({ devices: [], unreachable }).kind).toBe("alone");
  });

  it("counts each change to send once, however many devices lack it", () => {
    const told = [device({ connected: true, toSend: 2 }), device({ toSend: 5, toReceive: 7 })];
    expect(glance({ devices: told })).toEqual({ kind: "sending", count: 5 });
    expect(glance({ devices: [device({ toReceive: 7 })] })).toEqual({
      kind: "receiving",
      count: 7,
    });
  });

  it("never says that all is verified where a device lacks anything, or is not known to hold it", () => {
    fc.assert(
      fc.property(
        devices,
        fc.boolean(),
        fc.constantFrom("peer", "store"),
        (told, isOnline, mode) => {
          const { kind } = glance({ devices: told, mode: mode as "peer" | "store" }, isOnline);
          if (kind !== "verified") return;
          expect(told.length).toBeGreaterThan(0);
          for (const { verifiedSince, toSend, toReceive } of told) {
            expect(verifiedSince).toBe(NOW);
            expect([toSend ?? 0, toReceive ?? 0]).toEqual([0, 0]);
          }
        },
      ),
    );
  });

  it("tells of a store that is away, and leaves its network to it", () => {
    expect(glance({ mode: "store", connected: false }).kind).toBe("storeAway");
    expect(glance({ mode: "store" }).kind).toBe("store");
    expect(glance({ mode: "store", devices: [device()] }, false).kind).toBe("store");
    expect(glance({ mode: "store", devices: [device({ toSend: 4 })] }).kind).toBe("sending");
  });
});
