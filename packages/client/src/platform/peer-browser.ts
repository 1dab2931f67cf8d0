/** Peer mode in a browser: IndexedDB, keys that cannot be read out, and one tab at a time that holds the data. */
import { MasqError } from "@masq/core";
import { noblePeerPrimitives } from "@masq/core/peer";
import { fenceStorage } from "../peer-mode/fenced-storage.ts";
import { openIndexedDbStorage, type IndexedDbStorage } from "../peer-mode/indexed-db/index.ts";
import { shareSeat } from "../peer-mode/seat.ts";
import type { TabChannel } from "../peer-mode/tab-socket.ts";
import { Tabs } from "../peer-mode/tabs.ts";
import { platform } from "./browser.ts";
import { browserDeviceName } from "./browser-device-name.ts";
import { noticeEviction } from "./browser-eviction.ts";
import { onInvitation } from "./browser-invitation.ts";
import { watchLoopback } from "./browser-loopback.ts";
import { openBrowserPeerKeys } from "./browser-peer-keys.ts";
import type { StorageKind } from "../use-store.ts";
import type { DataPlace, PeerPlatform } from "./peer-platform.ts";

/** A page that is hidden for good, or kept for going back to, is told so by `pagehide`; one put to sleep by `freeze`. */
const onFreeze = (frozen: () => void, thawed: () => void): (() => void) => {
  const ended = new AbortController();
  const { signal } = ended;
  document.addEventListener("freeze", frozen, { signal });
  document.addEventListener("resume", thawed, { signal });
  addEventListener("pagehide", frozen, { signal });
  addEventListener("pageshow", thawed, { signal });
  return () => ended.abort();
};

/** Old browsers, and pages that are no secure context, have no promise to give. */
const storageKind = async (): Promise<StorageKind> => {
  const isPersistent = await navigator.storage?.persisted?.().catch(() => false);
  return isPersistent === true ? "persistent" : "best-effort";
};

const openStorage = ({ namespace }: DataPlace): Promise<IndexedDbStorage> =>
  openIndexedDbStorage({ name: `masq ${namespace}`, host: platform.host });

const requireTabs = (): void => {
  if (navigator.locks !== undefined && globalThis.BroadcastChannel !== undefined) return;
  throw new MasqError(
    "MASQ_BROWSER_UNSUITABLE",
    "This browser cannot keep data for several tabs at once (Web Locks, BroadcastChannel). Nothing was written. Update it, or use another one.",
  );
};

export const peerPlatform: PeerPlatform = {
  crypto: noblePeerPrimitives,
  deviceName: browserDeviceName,
  pageUrl(url) {
    // What cannot be parsed has no origin.
    const { href, origin } = new URL(
      URL.canParse(url, location.href) ? url : "about:",
      location.href,
    );
    if (origin === location.origin) return href.replace(/#.*$/s, "");
    throw new MasqError(
      "MASQ_OPTION_INVALID",
      "The app's url must be an address of its own origin: whoever opens an invitation link there is asked to pair.",
    );
  },

  onInvitation,
  watchLoopback,
  storageKind,
  async persist() {
    await navigator.storage?.persist?.().catch(() => false);
    return storageKind();
  },

  openStorage,
  openPeerKeys: (_storage, { namespace }) =>
    openBrowserPeerKeys(noblePeerPrimitives, platform.host.random, namespace),
  openSeat(place, start) {
    requireTabs();
    const { namespace } = place;
    const { host } = platform;
    return shareSeat(
      namespace,
      () =>
        new Tabs({
          name: `masq:${namespace}`,
          host,
          locks: navigator.locks,
          openChannel: (name) => new BroadcastChannel(name) as unknown as TabChannel,
          onFreeze,
          async start(lost) {
            const storage = await openStorage(place);
            const { random } = host;
            const isEvicted = await noticeEviction(storage, namespace).catch(
              async (error: unknown) => {
                await storage.close();
                throw error;
              },
            );
            return start(await fenceStorage({ storage, namespace, random, lost }), isEvicted);
          },
        }),
    );
  },
};
