/** Names of the files an app keeps on Node. */
import { join } from "node:path";
import type { NamespaceId } from "@masq/core";

export const DEFAULT_DIRECTORY = ".masq";

/** Shows by its name that a directory is an app's. */
export const isOurs = (name: string): boolean => /\.(?:key|db)$/.test(name);

const nameOf = (identity: NamespaceId): string => identity.replace(/^app:/, "");

export const keyFile = (directory: string, identity: NamespaceId): string =>
  join(directory, `${nameOf(identity)}.key`);

export const grantFile = (directory: string, identity: NamespaceId): string =>
  join(directory, `${nameOf(identity)}.grant`);

/** Of an app that holds its data itself. */
export const databaseFile = (directory: string, identity: NamespaceId): string =>
  join(directory, `${nameOf(identity)}.db`);
