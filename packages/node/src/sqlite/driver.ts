/**
 * The SQLite engine with page encryption: the little of its interface that is used here (its own declarations
 * cannot be found by TypeScript's node resolution), and a guard, because it brings an older Node.js down.
 */
import { createRequire } from "node:module";
import { MasqError } from "@masq/core";

export interface Statement<Parameters extends unknown[], Result = unknown> {
  run(...parameters: Parameters): {
    readonly changes: number;
    readonly lastInsertRowid: number | bigint;
  };
  get(...parameters: Parameters): Result | undefined;
  all(...parameters: Parameters): Result[];
  /** The database is busy until the loop over it ends. */
  iterate(...parameters: Parameters): IterableIterator<Result>;
  /** Rows as arrays. */
  raw(): this;
  /** Only the first column. */
  pluck(): this;
}

export interface Database {
  readonly inTransaction: boolean;
  prepare<Parameters extends unknown[], Result = unknown>(
    sql: string,
  ): Statement<Parameters, Result>;
  exec(sql: string): this;
  pragma(source: string, options?: { readonly simple?: boolean }): unknown;
  close(): this;
}

type Driver = new (file: string, options: { readonly timeout: number }) => Database;

const NODE_API = 10;

export const loadDriver = (): Driver => {
  if (Number(process.versions["napi"]) < NODE_API) {
    throw new MasqError(
      "MASQ_STORAGE_FAILED",
      `This version of Node.js (${process.version}) is too old for the store. Use 22.14 or newer.`,
    );
  }
  return createRequire(import.meta.url)("better-sqlite3-multiple-ciphers") as Driver;
};
