export {
  type SqliteStorage,
  type SqliteStorageOptions,
  openSqliteStorage,
} from "./sqlite-storage.ts";
export { succeedIfCopied } from "./copied-file.ts";
export { DATABASE_KEY_BYTES } from "./open-database.ts";
export { MIGRATIONS, type Migration, migrate } from "./schema.ts";
