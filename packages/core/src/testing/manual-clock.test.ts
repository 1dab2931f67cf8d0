import { describe, expect, it } from "vitest";
import { manualClock } from "./manual-clock.ts";

describe("a manual clock", () => {
  it("runs timers in order, each at its moment, including those set meanwhile", () => {
    const clock = manualClock({ now: 1000, monotonic: 50 });
    const ran: [string, number][] = [];
    const note = (name: string) => () => ran.push([name, clock.monotonic()]);
    clock.setTimer(30, note("c"));
    clock.setTimer(10, () => {
      note("a")();
      clock.setTimer(5, note("b"));
    });
    clock.setTimer(30, note("d"));
    clock.setTimer(31, note("later"));
    clock.setTimer(20, note("cancelled"))();
    clock.advance(30);
    expect(ran).toEqual([
      ["a", 60],
      ["b", 65],
      ["c", 80],
      ["d", 80],
    ]);
    expect(clock.now()).toBe(1030);
    expect(clock.pending).toBe(1);
  });

  it("lets the wall time jump without touching timers or monotonic time", () => {
    const clock = manualClock({ now: 1000 });
    let ran = false;
    clock.setTimer(10, () => {
      ran = true;
    });
    clock.setNow(9_000_000);
    expect([clock.now(), clock.monotonic(), ran]).toEqual([9_000_000, 0, false]);
    clock.setNow(5);
    clock.advance(10);
    expect([clock.now(), clock.monotonic(), ran]).toEqual([15, 10, true]);
  });
});
