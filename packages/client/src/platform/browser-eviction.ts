/** Notices that a browser has deleted an app's data, by the marker it kept elsewhere (docs/architecture.md, "Storages"). */
import type { NamespaceId } from "@masq/core";
import {
  evictionMarker,
  type IndexedDbStorage,
  type MarkerPlace,
} from "../peer-mode/indexed-db/index.ts";
import { forgetBrowserPeerKeys } from "./browser-peer-keys.ts";

const LOG_PREFIX = "device-log/";
const CACHE = "masq";

/** Undefined in a worker, and where a page may keep nothing. */
const localStorageOf = (): Storage | undefined => {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
};

/** An entry of localStorage, or of the Cache API where there is none. */
const markerPlace = (name: string): MarkerPlace => {
  const local = localStorageOf();
  const request = new URL(`/?${new URLSearchParams({ masq: name })}`, location.origin);
  return {
    async read() {
      if (local !== undefined) return local.getItem(name) ?? undefined;
      return (await (await caches.open(CACHE)).match(request))?.text();
    },
    async write(text) {
      if (local !== undefined) return local.setItem(name, text);
      await (await caches.open(CACHE)).put(request, new Response(text));
    },
  };
};

/**
 * Whether what was kept here has been deleted. This is another device then, and gets keys of its own: the old one's log,
 * which said who its others are, is gone, and its counters must not be given again. It is marked at the next start after
 * something has come in its place.
 */
export const noticeEviction = async (
  storage: IndexedDbStorage,
  namespace: NamespaceId,
): Promise<boolean> => {
  const marker = evictionMarker(markerPlace(`masq:${namespace}`), storage);
  // Where nothing can be marked, nothing can be noticed.
  const presence = await marker.check().catch(() => "first");
  const isEvicted = presence === "evicted";
  const hasData = ((await storage.state(namespace))?.arrival ?? 0) > 0;
  const isKnown = (await storage.notes(namespace, LOG_PREFIX)).length > 0;
  if (isEvicted && !isKnown) await forgetBrowserPeerKeys(namespace);
  if (!isEvicted || hasData) await marker.mark().catch(() => {});
  return isEvicted;
};
