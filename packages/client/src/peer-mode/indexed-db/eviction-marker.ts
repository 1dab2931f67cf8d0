/**
 * Tells a first visit from an eviction: both find an empty database. The database's birth id is also kept in another
 * place of the browser, which is not always cleared together with it. Where a browser clears all of a site at once,
 * nothing is left that could tell, and it looks like a first visit.
 */

/** A place for one short text that survives the page: an entry of localStorage, of the Cache API. */
export interface MarkerPlace {
  read(): Promise<string | undefined>;
  /** Best effort: it is told again at the next visit. */
  write(text: string): Promise<void>;
}

/** `first`: nothing was kept here before. `kept`: it is what was kept. `evicted`: the browser has deleted what was kept. */
export type Presence = "first" | "kept" | "evicted";

export interface EvictionMarker {
  /** Says `evicted` at each visit until `mark`, so that a page that was closed too early is told again. */
  check(): Promise<Presence>;
  /** From now on it is this database that is expected: call it when it holds what must not be lost unnoticed. */
  mark(): Promise<void>;
}

/** `storage` is an open IndexedDbStorage. */
export const evictionMarker = (
  place: MarkerPlace,
  storage: { readonly isNew: boolean; readonly birth: string },
): EvictionMarker => ({
  async check() {
    const expected = await place.read();
    // A marker can be cleared alone: then the database itself says that it has been here.
    if (expected === undefined) return storage.isNew ? "first" : "kept";
    return expected === storage.birth ? "kept" : "evicted";
  },
  mark: () => place.write(storage.birth),
});
