import { manualClock } from "@masq/core/testing";
import { expect, it } from "vitest";
import { AwayClock } from "./away-clock.ts";

it("an away clock runs while there is no store, and adds up what it was silent", () => {
  const clock = manualClock();
  const away = new AwayClock(clock);
  clock.advance(5);
  expect([away.totalMs, away.currentMs]).toEqual([5, 5]);
  away.back();
  clock.advance(1000);
  away.silent(7);
  expect([away.totalMs, away.currentMs]).toEqual([12, 0]);
  away.gone();
  clock.advance(1);
  away.gone();
  clock.advance(2);
  // What passes while it is away counts once.
  away.silent(100);
  expect([away.totalMs, away.currentMs]).toEqual([15, 3]);
});
