/** Public names of @masq/store/testing; no logic. */
export { pairStores, runMasq } from "./paired-stores.ts";
export {
  masqBinary,
  startStoreProcess,
  type StoreProcess,
  type StoreProcessOptions,
} from "./store-process.ts";
