import { expect, it } from "vitest";
import { manualClock } from "../testing/manual-clock.ts";
import { Heartbeat } from "./heartbeat.ts";

const PING_FRAME_BYTES = 9;

/** A heartbeat over a line that takes what waits at the test's wish, and never answers. */
const unanswered = (waiting: number) => {
  const clock = manualClock();
  const line = { buffered: waiting, pings: 0, isDead: false };
  const heartbeat = new Heartbeat({
    clock,
    random: (length) => new Uint8Array(length),
    pingSeconds: 25,
    ping: () => {
      line.pings += 1;
      line.buffered += PING_FRAME_BYTES;
    },
    buffered: () => line.buffered,
    dead: () => (line.isDead = true),
  });
  return { clock, line, heartbeat };
};

it("takes it for no sign of life that the ping itself leaves", () => {
  const { clock, line } = unanswered(0);
  clock.advance(18_750);
  expect(line.pings).toBe(1);
  line.buffered = 0;
  clock.advance(10_000);
  expect(line.isDead).toBe(true);
});

it("waits on while what was there before the ping leaves", () => {
  const { clock, line, heartbeat } = unanswered(1000);
  heartbeat.doubt();
  for (line.buffered = 500; line.buffered > 0; line.buffered -= 100) {
    clock.advance(4_000);
    expect(line.isDead).toBe(false);
  }
  clock.advance(4_000);
  expect(line.isDead).toBe(false);
  clock.advance(4_000);
  expect(line.isDead).toBe(true);
  expect(clock.pending).toBe(0);
});
