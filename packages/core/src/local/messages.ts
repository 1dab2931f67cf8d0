/**
 * Messages of the local protocol (docs/protocol.md, "Local messages"): a request `[id, method, params]`, its reply
 * `[id, result]` or `[id, null, [code, text]]`, and events `[0, name, data]` from the store.
 */
import { isErrorCode, MasqError } from "../errors.ts";
import type { Shown } from "../replica/shown.ts";
import { asArray, asFlag, asText, asUint } from "./fields.ts";

export interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

/** Throws MASQ_MESSAGE_INVALID: whoever sends something else than a request is not one of ours. */
export const readRequest = (item: unknown): Request => {
  const [id, method, params] = asArray(item, "a request");
  return { id: asUint(id, "a request id"), method: asText(method, "a method"), params };
};

export const requestItem = ({ id, method, params }: Request): unknown => [id, method, params];
export const resultItem = (id: number, result: unknown): unknown => [id, result];
export const errorItem = (id: number, error: MasqError): unknown => [
  id,
  null,
  [error.code, error.message],
];
export const eventItem = (name: string, data: unknown): unknown => [0, name, data];

export type Incoming =
  | { readonly type: "result"; readonly id: number; readonly result: unknown }
  | { readonly type: "error"; readonly id: number; readonly error: MasqError }
  | { readonly type: "event"; readonly name: string; readonly data: unknown };

/** What a store sends. Throws MASQ_MESSAGE_INVALID. */
export const readIncoming = (item: unknown): Incoming => {
  const fields = asArray(item, "a reply or an event");
  const id = asUint(fields[0], "a reply id");
  if (id === 0) return { type: "event", name: asText(fields[1], "an event name"), data: fields[2] };
  if (fields.length < 3) return { type: "result", id, result: fields[1] };
  const [code, text] = asArray(fields[2], "an error");
  const known = typeof code === "string" && isErrorCode(code) ? code : "MASQ_INTERNAL";
  return { type: "error", id, error: new MasqError(known, asText(text, "an error text")) };
};

/** `[key, value, version, conflict]`; a null value is an absent key. */
export type EntryItem = readonly [string, Uint8Array | null, string, boolean];

export const entryItem = ({ key, value, version, conflict }: Shown): EntryItem => [
  key,
  value,
  version,
  conflict,
];

export const readEntry = (item: unknown): Shown => {
  const [key, value, version, conflict] = asArray(item, "an entry");
  return {
    key: asText(key, "a key"),
    value: value instanceof Uint8Array ? value : null,
    version: asText(version, "a version"),
    conflict: asFlag(conflict, "a flag"),
  };
};
