/** Public names of @masq/store; no logic. */
export { startStore, type Store, type StoreOptions } from "./store.ts";
export { defaultDataDirectory } from "./data-directory.ts";
