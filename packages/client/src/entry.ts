/** Entries as apps see them. */
import { decodeValue, type Shown } from "@masq/core";

export interface Entry {
  readonly key: string;
  /** In a change: undefined when the entry was deleted. */
  readonly value: unknown;
  /** Names what was seen, for `ifVersion`; opaque. */
  readonly version: string;
  /** There are concurrent versions: see `conflicts`. */
  readonly conflict: boolean;
}

/** One of several concurrent versions of an entry. */
export interface Sibling {
  readonly value: unknown;
  readonly version: string;
  /** The writing device's clock: a label, possibly wrong. */
  readonly time: Date;
}

export const entryOf = ({ key, value, version, conflict }: Shown): Entry => ({
  key,
  value: value === null ? undefined : decodeValue(value),
  version,
  conflict,
});
