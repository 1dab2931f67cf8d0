/** A clock that moves only when a test says so; wall time and monotonic time are independent, as on a real machine. */
import type { Clock } from "../host.ts";

export interface ManualClock extends Clock {
  /** Sets the wall time alone, as a person or a time server would: timers and monotonic time do not notice. */
  setNow(wallMs: number): void;
  /** Moves both times on and runs the timers that fall due, earliest first, each at its own moment. */
  advance(ms: number): void;
  /** Timers that wait. */
  readonly pending: number;
}

interface Timer {
  readonly due: number;
  readonly task: () => void;
}

/** 2026-11-23, a day like any other. */
const DEFAULT_NOW = 1_795_392_000_000;

export const manualClock = (
  start: { readonly now?: number; readonly monotonic?: number } = {},
): ManualClock => {
  let wall = start.now ?? DEFAULT_NOW;
  let elapsed = start.monotonic ?? 0;
  const timers: Timer[] = [];

  const moveTo = (moment: number): void => {
    wall += moment - elapsed;
    elapsed = moment;
  };

  return {
    now: () => wall,
    monotonic: () => elapsed,
    setTimer(delayMs, task) {
      // Platforms take such a delay for another one, each in its own way.
      if (!(delayMs >= 0 && delayMs < 2 ** 31)) throw new Error(`a timer of ${delayMs} ms`);
      const timer: Timer = { due: elapsed + delayMs, task };
      // Behind all that are due no later: timers of one moment run in the order they were set.
      const place = timers.findIndex(({ due }) => due > timer.due);
      timers.splice(place < 0 ? timers.length : place, 0, timer);
      return () => {
        const index = timers.indexOf(timer);
        if (index >= 0) timers.splice(index, 1);
      };
    },
    setNow(wallMs) {
      wall = wallMs;
    },
    advance(ms) {
      const end = elapsed + ms;
      for (;;) {
        const [next] = timers;
        if (next === undefined || next.due > end) break;
        timers.shift();
        moveTo(Math.max(next.due, elapsed));
        next.task();
      }
      moveTo(end);
    },
    get pending() {
      return timers.length;
    },
  };
};
