/** How long to wait before the next attempt: full jitter, so that devices cut off together do not come back together. */
import type { Random } from "../host.ts";

const FIRST_MS = 500;
const LONGEST_MS = 60_000;

/** A number from 0 up to but not including 1. */
export const randomReal = (random: Random): number =>
  random(4).reduce((sum, byte) => (sum + byte) / 0x100, 0);

/** Up to half a second after the first failure, twice as much after each further one, a minute at most. */
export const backOffMs = (random: Random, failures: number): number =>
  Math.ceil(randomReal(random) * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1)));
