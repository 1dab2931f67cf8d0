/**
 * Messages of the local protocol (docs/protocol.md, "Local messages"): a request `[id, method, params]`, its reply
 * `[id, result]` or `[id, null, [code, text]]`, and events `[0, name, data]` from the store. What an app needs of them; what
 * a store needs is in answers.ts, so that no page loads it.
 */
import { isErrorCode, MasqError } from "../errors.ts";
import type { Shown } from "../replica/shown.ts";
import { asArray, asFlag, asText, asUint } from "./fields.ts";

export interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

export const requestItem = ({ id, method, params }: Request): unknown => [id, method, params];

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
  return { type: "error", id, error: readError(fields[2]) };
};

/** `[code, text]`; a code of a newer store is told as MASQ_INTERNAL. */
export const readError = (item: unknown): MasqError => {
  const [code, text] = asArray(item, "an error");
  const known = typeof code === "string" && isErrorCode(code) ? code : "MASQ_INTERNAL";
  return new MasqError(known, asText(text, "an error text"));
};

export const readEntry = (item: unknown): Shown => {
  const [key, value, version, conflict] = asArray(item, "an entry");
  return {
    key: asText(key, "a key"),
    value: value instanceof Uint8Array ? value : null,
    version: asText(version, "a version"),
    conflict: asFlag(conflict, "a flag"),
  };
};
