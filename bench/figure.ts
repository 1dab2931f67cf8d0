/** What a figure is: a name, a measurement beside its limit, and perhaps a goal for the ratio of the two. */
import type { Pair } from "./measure.ts";

export interface Scale {
  /** Interleaved rounds whose median counts. */
  readonly rounds: number;
  /** `many` of something in the full run, a tenth of it in the quick one. */
  readonly of: (many: number) => number;
  /** Where a figure may leave files; its own, and removed afterwards. */
  readonly directory: string;
}

export interface Goal {
  readonly text: string;
  readonly ratio: (pair: Pair) => number;
  readonly isMet: (ratio: number) => boolean;
}

export interface Figure {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** What the limit column holds. */
  readonly limitTitle: string;
  readonly goal?: Goal;
  /** Takes minutes: measured only with `--full`, or when it is named. */
  readonly isLong?: boolean;
  readonly measure: (scale: Scale) => Promise<Pair>;
}

const quotient = ({ value, limit }: Pair): number => value / limit;

/** For what should be small, such as a delay. */
export const atMost = (times: number, limit: string): Goal => ({
  text: `at most ${times}x ${limit}`,
  ratio: quotient,
  isMet: (ratio) => ratio <= times,
});

/** For what should be large, such as a rate. */
export const atLeast = (share: number, limit: string): Goal => ({
  text: `at least ${Math.round(share * 100)} % of ${limit}`,
  ratio: quotient,
  isMet: (ratio) => ratio >= share,
});

/** The ratio is the difference, in the figure's unit. */
export const atMostOver = (difference: number, unit: string, limit: string): Goal => ({
  text: `at most ${difference} ${unit} over ${limit}`,
  ratio: ({ value, limit: base }) => value - base,
  isMet: (ratio) => ratio <= difference,
});

/** The ratio is the share of a fixed bound that is used; the limit is there to compare with. */
export const atMostInAll = (bound: number, unit: string): Goal => ({
  text: `at most ${bound} ${unit}`,
  ratio: ({ value }) => value / bound,
  isMet: (ratio) => ratio <= 1,
});
