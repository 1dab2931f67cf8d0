import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareHlc, HLC_ZERO, type Hlc, MAX_AHEAD_MS, observeHlc, tickHlc } from "./hlc.ts";

const wall = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 ** 48 - 2 }));
const hlc = fc.record({
  wall,
  tick: fc.oneof(fc.constant(65_535), fc.integer({ min: 0, max: 65_535 })),
});
const anyTime = fc.oneof(wall, fc.double(), fc.constantFrom(Infinity, -Infinity, -1, 2 ** 60));

const isStamp = ({ wall: ms, tick }: Hlc): boolean =>
  Number.isInteger(ms) &&
  ms >= 0 &&
  ms < 2 ** 48 &&
  Number.isInteger(tick) &&
  tick >= 0 &&
  tick < 2 ** 16;

describe("the hybrid clock", () => {
  it("goes on from every stamp, whatever the wall clock says", () => {
    fc.assert(
      fc.property(hlc, anyTime, (last, now) => {
        const next = tickHlc(last, now);
        expect(isStamp(next)).toBe(true);
        expect(compareHlc(next, last)).toBeGreaterThan(0);
      }),
    );
  });

  it("follows the wall clock when that is ahead", () => {
    expect(tickHlc({ wall: 10, tick: 7 }, 11.9)).toEqual({ wall: 11, tick: 0 });
    expect(tickHlc({ wall: 10, tick: 7 }, 10)).toEqual({ wall: 10, tick: 8 });
    expect(tickHlc({ wall: 10, tick: 65_535 }, 3)).toEqual({ wall: 11, tick: 0 });
    expect(tickHlc(HLC_ZERO, -5)).toEqual({ wall: 0, tick: 1 });
  });

  it("stays at the end of its range instead of leaving it", () => {
    const end = { wall: 2 ** 48 - 1, tick: 65_535 };
    expect(tickHlc(end, Infinity)).toEqual(end);
  });

  it("takes over a later remote stamp, unless it is more than ten minutes ahead", () => {
    fc.assert(
      fc.property(hlc, hlc, wall, (last, remote, now) => {
        const seen = observeHlc(last, remote, now);
        const isUsable = remote.wall <= now + MAX_AHEAD_MS;
        expect(seen).toEqual(isUsable && compareHlc(remote, last) > 0 ? remote : last);
        expect(compareHlc(seen, last)).toBeGreaterThanOrEqual(0);
      }),
    );
    const last = { wall: 1000, tick: 0 };
    expect(observeHlc(last, { wall: 1000 + MAX_AHEAD_MS, tick: 9 }, 1000).tick).toBe(9);
    expect(observeHlc(last, { wall: 1001 + MAX_AHEAD_MS, tick: 9 }, 1000)).toBe(last);
  });

  it("orders stamps totally", () => {
    fc.assert(
      fc.property(hlc, hlc, hlc, (a, b, c) => {
        expect(Math.sign(compareHlc(a, b))).toBe(-Math.sign(compareHlc(b, a)) + 0);
        if (compareHlc(a, b) <= 0 && compareHlc(b, c) <= 0) {
          expect(compareHlc(a, c)).toBeLessThanOrEqual(0);
        }
        expect(compareHlc(a, b) === 0).toBe(a.wall === b.wall && a.tick === b.tick);
      }),
    );
  });
});
