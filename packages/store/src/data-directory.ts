/** Where a store keeps its files, and what they are called. */
import { join } from "node:path";
import envPaths from "env-paths";

/** The platform's place for application data (XDG on Linux), unless MASQ_DATA_DIR or an option names another. */
export const defaultDataDirectory = (): string =>
  process.env["MASQ_DATA_DIR"] || envPaths("masq", { suffix: "" }).data;

export interface DataFiles {
  readonly directory: string;
  /** All entries, grants and secrets, encrypted page by page. */
  readonly database: string;
  /** The database's key: 32 bytes. Without it the database cannot be read. */
  readonly databaseKey: string;
  /** The command line's private key towards the store. */
  readonly adminKey: string;
  /** Who runs the store now; removed when it stops. */
  readonly running: string;
  readonly config: string;
  readonly log: string;
}

export const dataFiles = (directory: string): DataFiles => ({
  directory,
  database: join(directory, "store.db"),
  databaseKey: join(directory, "store.key"),
  adminKey: join(directory, "admin.key"),
  running: join(directory, "running.json"),
  config: join(directory, "config.json"),
  log: join(directory, "store.log"),
});

/** Whether a directory with a file of this name is a store's. */
export const isStoreFile = (name: string): boolean =>
  name === "store.key" || name === "config.json";
