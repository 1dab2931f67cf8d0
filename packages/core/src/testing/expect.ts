/** Assertions that need no test runner, for suites that also run in a browser or against a user's adapter. */
import { toHex } from "../bytes/bytes.ts";
import { MasqError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";

const LONGEST_SHOWN = 200;

const shown = (value: unknown): string => {
  const text = describe(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text;
};

const describe = (value: unknown): string => {
  if (value instanceof Uint8Array) {
    return `bytes(${value.length}) ${toHex(value.subarray(0, LONGEST_SHOWN))}`;
  }
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (Array.isArray(value)) return `[${value.map(describe).join(", ")}]`;
  if (value instanceof Map) {
    return `Map{${[...value].map(([key, item]) => `${describe(key)} => ${describe(item)}`).join(", ")}}`;
  }
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([key, item]) => `${key}: ${describe(item)}`);
    return `{${fields.join(", ")}}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
};

const sameItems = (a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean => {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (!same(a[index], b[index])) return false;
  }
  return true;
};

/** Deep equality over plain data, arrays, Map and Uint8Array; a field holding undefined is not a missing field. */
const same = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && sameItems(a, b);
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && sameItems(a, b);
  }
  if (a instanceof Map || b instanceof Map) {
    if (!(a instanceof Map && b instanceof Map) || a.size !== b.size) return false;
    return [...a].every(([key, item]) => b.has(key) && same(item, b.get(key)));
  }
  // Anything with behaviour (Set, Date, a class of ours) is equal only to itself.
  const prototype: unknown = Object.getPrototypeOf(a);
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!plain || prototype !== Object.getPrototypeOf(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every(
      (name) =>
        Object.hasOwn(b, name) &&
        same((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
    )
  );
};

/** Deep equality of plain data, Map and Uint8Array. */
export const equal = (actual: unknown, expected: unknown, what: string = "value"): void => {
  if (!same(actual, expected)) {
    throw new Error(`${what}: expected ${shown(expected)}, got ${shown(actual)}`);
  }
};

export const isTrue = (condition: boolean, what: string): void => {
  if (!condition) throw new Error(`not true: ${what}`);
};

const requireCode = (error: unknown, code: ErrorCode): void => {
  if (error instanceof MasqError && error.code === code) return;
  const got = error instanceof MasqError ? `${error.code} (${error.message})` : shown(error);
  throw new Error(`expected ${code}, got ${got}`, { cause: error });
};

/** Requires `fn` to throw a MasqError of this code. */
export const throwsCode = (fn: () => unknown, code: ErrorCode): void => {
  let result: unknown;
  try {
    result = fn();
  } catch (error) {
    requireCode(error, code);
    return;
  }
  throw new Error(`expected ${code}, but it returned ${shown(result)}`);
};

/** Requires a promise, or what a function returns or throws, to fail with a MasqError of this code. */
export const rejectsCode = async (
  promiseOrFn: Promise<unknown> | (() => unknown),
  code: ErrorCode,
): Promise<void> => {
  let result: unknown;
  try {
    result = await (typeof promiseOrFn === "function" ? promiseOrFn() : promiseOrFn);
  } catch (error) {
    requireCode(error, code);
    return;
  }
  throw new Error(`expected ${code}, but it resolved with ${shown(result)}`);
};
