/**
 * How things are timed: the thing and its limit take turns in the same run, so that whatever else the machine does
 * meets both, and what counts is the median of the rounds.
 */

/** Two things that are compared; each runs one round and returns its figure. */
export interface Sides {
  readonly value: () => Promise<number> | number;
  readonly limit: () => Promise<number> | number;
}

export interface Pair {
  readonly value: number;
  readonly limit: number;
}

export const median = (samples: readonly number[]): number => {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
};

/** The medians of `rounds` rounds of both sides; they change places each round, and a first round is not counted. */
export const interleaved = async (rounds: number, sides: Sides): Promise<Pair> => {
  const values: number[] = [];
  const limits: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const isValueFirst = round % 2 === 0;
    const early = isValueFirst ? undefined : await sides.limit();
    const value = await sides.value();
    const limit = early ?? (await sides.limit());
    if (round === 0) continue;
    values.push(value);
    limits.push(limit);
  }
  return { value: median(values), limit: median(limits) };
};

/** Median microseconds of one `action`, `times` of them one after the other. */
export const latency = async (times: number, action: () => Promise<unknown>): Promise<number> => {
  const samples: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const start = performance.now();
    await action();
    samples.push(performance.now() - start);
  }
  return median(samples) * 1000;
};

/** `action` done `total` times by `callers`, each waiting for its own before it makes the next; returns how many per second. */
export const rate = async (
  total: number,
  callers: number,
  action: (index: number) => Promise<unknown>,
): Promise<number> => {
  let next = 0;
  const call = async (): Promise<void> => {
    while (next < total) {
      const index = next;
      next += 1;
      await action(index);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: callers }, call));
  return (total / (performance.now() - start)) * 1000;
};
