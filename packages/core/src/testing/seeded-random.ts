/**
 * Repeatable randomness for tests and simulations: the generator sfc32 (Chris Doty-Humphrey's small fast
 * counting generator from PractRand, 128 bits of state, passes its tests). Never for keys that matter.
 */

export interface SeededRandom {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
  /** An integer from 0 up to but not including `below`, which is at most 2^32. */
  int(below: number): number;
  /** One element of a list that is not empty. */
  pick<T>(items: readonly T[]): T;
  /** A number from 0 up to but not including 1. */
  real(): number;
}

/** The same seed, a 32-bit integer, always gives the same sequence on every platform. */
export const seededRandom = (seed: number): SeededRandom => {
  let a = 0;
  let b = seed | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  // Neighbouring seeds start out alike; a few rounds spread the difference over the whole state.
  for (let round = 0; round < 15; round++) next();

  const real = (): number => next() / 2 ** 32;
  const int = (below: number): number => Math.floor(real() * below);
  return {
    real,
    int,
    pick: <T>(items: readonly T[]): T => {
      if (items.length === 0) throw new Error("pick needs a list that is not empty");
      return items[int(items.length)] as T;
    },
    bytes: (length) => {
      const bytes = new Uint8Array(length);
      for (let index = 0; index < length; index++) bytes[index] = next() >>> 24;
      return bytes;
    },
  };
};
