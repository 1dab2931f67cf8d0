/** The store's side of the messages (messages.ts): requests as it reads them, and what it sends. */
import type { MasqError } from "../errors.ts";
import type { Shown } from "../replica/shown.ts";
import { asArray, asText, asUint } from "./fields.ts";
import type { Request } from "./messages.ts";

/** Throws MASQ_MESSAGE_INVALID: whoever sends something else than a request is not one of ours. */
export const readRequest = (item: unknown): Request => {
  const [id, method, params] = asArray(item, "a request");
  return { id: asUint(id, "a request id"), method: asText(method, "a method"), params };
};

export const resultItem = (id: number, result: unknown): unknown => [id, result];
export const errorItem = (id: number, error: MasqError): unknown => [
  id,
  null,
  [error.code, error.message],
];
/** Null when there is none. */
export const troubleItem = (trouble: MasqError | undefined): unknown =>
  trouble === undefined ? null : [trouble.code, trouble.message];
export const eventItem = (name: string, data: unknown): unknown => [0, name, data];

/** `[key, value, version, conflict]`; a null value is an absent key. */
export type EntryItem = readonly [string, Uint8Array | null, string, boolean];

export const entryItem = ({ key, value, version, conflict }: Shown): EntryItem => [
  key,
  value,
  version,
  conflict,
];
