import { describe, expect, it } from "vitest";
import { manualClock } from "../testing/manual-clock.ts";
import { Wire } from "./wire.ts";

const slot = {
  state: "up",
  progress: 0,
  buffered: 0,
  send: () => true,
  consume() {},
  unlisten() {},
} as const;

const taken = (wire: Wire): number => {
  let count = 0;
  while (wire.take() !== undefined) count += 1;
  return count;
};

describe("Wire", () => {
  it("keeps a few frames that nobody takes, and ends when more come", async () => {
    const wire = new Wire(slot, manualClock());
    for (let frame = 0; frame < 16; frame += 1) wire.push(Uint8Array.of(frame));
    await wire.flushed(1);
    for (let frame = 0; frame < 10_000; frame += 1) wire.push(Uint8Array.of(1));
    await expect(wire.flushed(1)).rejects.toMatchObject({ code: "MASQ_PAIRING_FAILED" });
    expect(taken(wire)).toBe(16);
    await expect(wire.arrival()).rejects.toMatchObject({ code: "MASQ_PAIRING_FAILED" });
  });

  it("keeps nothing of what comes after the end, but what came before it", () => {
    const wire = new Wire(slot, manualClock());
    wire.push(Uint8Array.of(1));
    wire.end(new Error("over") as never);
    wire.push(Uint8Array.of(2));
    expect(taken(wire)).toBe(1);
  });
});
