/** The byte range that an app's bounds stand for. */
import { compareBytes, utf8 } from "../bytes/bytes.ts";
import type { KeyRange } from "../storage.ts";
import { checkRange, type RangeOptions } from "./range-options.ts";

/** The least byte string above every one that begins with `prefix`; undefined when there is none. */
const afterPrefix = (prefix: Uint8Array): Uint8Array | undefined => {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length -= 1;
  if (length === 0) return undefined;
  const end = prefix.slice(0, length);
  end[length - 1] = (end[length - 1] as number) + 1;
  return end;
};

type Bound = NonNullable<KeyRange["lower"]>;

const tighter = (a: Bound | undefined, b: Bound, sign: 1 | -1): Bound => {
  if (a === undefined) return b;
  const order = compareBytes(a.key, b.key) * sign;
  if (order !== 0) return order > 0 ? a : b;
  return a.inclusive ? b : a;
};

/** Throws MASQ_RANGE_INVALID for a bound that could not be a key. An empty prefix means everything. */
export const keyRange = (options: RangeOptions): KeyRange => {
  checkRange(options);
  let lower: Bound | undefined;
  let upper: Bound | undefined;
  if (options.prefix !== undefined && options.prefix !== "") {
    const prefix = utf8(options.prefix);
    lower = { key: prefix, inclusive: true };
    const end = afterPrefix(prefix);
    if (end !== undefined) upper = { key: end, inclusive: false };
  }
  const { gt, gte, lt, lte } = options;
  if (gt !== undefined) lower = tighter(lower, { key: utf8(gt), inclusive: false }, 1);
  if (gte !== undefined) lower = tighter(lower, { key: utf8(gte), inclusive: true }, 1);
  if (lt !== undefined) upper = tighter(upper, { key: utf8(lt), inclusive: false }, -1);
  if (lte !== undefined) upper = tighter(upper, { key: utf8(lte), inclusive: true }, -1);
  return { ...(lower && { lower }), ...(upper && { upper }) };
};
