/** Entries of a namespace page by page, as `masq data list` and `export` read them. */
import { decodeValue, fields, readEntry, type Shown } from "@masq/core";
import type { AdminLink } from "./admin-link.ts";

export interface Page {
  readonly entries: readonly Shown[];
  /** Where the next page begins; undefined after the last one. */
  readonly next: string | undefined;
}

export const readPage = async (
  link: AdminLink,
  range: {
    readonly prefix: string | undefined;
    readonly gt: string | undefined;
    readonly limit: number;
  },
): Promise<Page> => {
  const [items, more] = fields.asArray(await link.call("list", range), "a page");
  const entries = fields.asArray(items, "entries").map(readEntry);
  return { entries, next: more === true ? entries.at(-1)?.key : undefined };
};

/** Undefined for bytes that are no value: an app wrote them past its library. */
export const readable = ({ value }: Shown): { readonly value: unknown } | undefined => {
  try {
    return { value: decodeValue(value as Uint8Array) };
  } catch {
    return undefined;
  }
};
