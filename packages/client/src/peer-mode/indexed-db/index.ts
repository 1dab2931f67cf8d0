/** The browser's storage; loaded only by pages without a store. */
export {
  type EvictionMarker,
  evictionMarker,
  type MarkerPlace,
  type Presence,
} from "./eviction-marker.ts";
export {
  type IndexedDbOptions,
  type IndexedDbStorage,
  openIndexedDbStorage,
} from "./indexed-db-storage.ts";
