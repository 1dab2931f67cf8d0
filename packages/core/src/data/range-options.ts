/** What an app may ask of `list`, `entries` and `watch`. */
import { MasqError } from "../errors.ts";
import { checkKey } from "./key.ts";

export interface RangeOptions {
  readonly prefix?: string | undefined;
  readonly gt?: string | undefined;
  readonly gte?: string | undefined;
  readonly lt?: string | undefined;
  readonly lte?: string | undefined;
}

const BOUNDS = ["prefix", "gt", "gte", "lt", "lte"] as const;

/** Throws MASQ_RANGE_INVALID for a bound that could not be a key. An empty prefix means everything. */
export const checkRange = (options: RangeOptions): void => {
  for (const name of BOUNDS) {
    const bound = options[name];
    if (bound === undefined || (name === "prefix" && bound === "")) continue;
    try {
      checkKey(bound);
    } catch (error) {
      throw new MasqError("MASQ_RANGE_INVALID", `The bound ${name} is not a valid key.`, {
        cause: error,
      });
    }
  }
};
