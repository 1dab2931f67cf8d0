/**
 * Hybrid logical clock (Kulkarni et al. 2014): 48 bits of wall time in milliseconds and a 16-bit counter.
 * It labels versions and breaks ties between concurrent ones; causality never depends on it.
 */

export interface Hlc {
  /** Milliseconds since 1970, below 2^48. */
  readonly wall: number;
  /** Below 2^16. */
  readonly tick: number;
}

export const HLC_ZERO: Hlc = { wall: 0, tick: 0 };

const MAX_WALL = 2 ** 48 - 1;
const MAX_TICK = 2 ** 16 - 1;

/** A remote stamp further ahead than this labels its version but does not drag our clock along. */
export const MAX_AHEAD_MS: number = 10 * 60 * 1000;

export const compareHlc = (a: Hlc, b: Hlc): number => a.wall - b.wall || a.tick - b.tick;

/** The stamp after `last` at wall time `now`: always greater than `last` until the very end of the range. */
export const tickHlc = (last: Hlc, now: number): Hlc => {
  const wall = Math.min(Math.max(0, Math.floor(now)), MAX_WALL);
  if (wall > last.wall) return { wall, tick: 0 };
  if (last.tick < MAX_TICK) return { wall: last.wall, tick: last.tick + 1 };
  return last.wall < MAX_WALL ? { wall: last.wall + 1, tick: 0 } : last;
};

/** Our clock after seeing `remote` at wall time `now`. */
export const observeHlc = (last: Hlc, remote: Hlc, now: number): Hlc =>
  remote.wall <= now + MAX_AHEAD_MS && compareHlc(remote, last) > 0 ? remote : last;
