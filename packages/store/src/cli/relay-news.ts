/** What becomes of the sync service while a device is waited for there: without it nobody comes, and nothing else tells why. */
import { setTimeout as delay } from "node:timers/promises";
import type { AdminLink } from "./admin-link.ts";
import type { Context } from "./context.ts";
import { readDevices, type SyncServiceItem } from "./device-items.ts";
import { remark } from "./output.ts";

const POLL_MS = 500;

/** Told one state after the other, returns whether it is news: a failure, another reason for it, and its end. */
export const isNews = (): ((service: SyncServiceItem) => boolean) => {
  let known: string | null = null;
  return ({ state, error }) => {
    // On its way from one attempt to the next it is as it was.
    if (state !== "connected" && error === null) return false;
    const isNew = error !== known;
    known = error;
    return isNew;
  };
};

/** Where another device is waited for. */
export interface Awaited {
  /** Default: the store's own sync service, which its links name. */
  readonly syncService?: string;
  /** What cannot be done without it, and what can be once it is there: "so …", ": …". */
  readonly without: string;
  readonly again: string;
}

const newsText = ({ url, error }: SyncServiceItem, { without, again }: Awaited): string =>
  error === null
    ? `The sync service ${url} is connected again: ${again}.`
    : `The sync service ${url} is not connected, so ${without} yet; it is tried again by itself. ${error}`;

/** Tells on stderr, up to its disposal, how a sync service fails and recovers. */
export const tellRelayNews = ({ json }: Context, link: AdminLink, awaited: Awaited): Disposable => {
  const over = new AbortController();
  const watch = async (): Promise<void> => {
    const isNew = isNews();
    for (;;) {
      const { syncServices } = readDevices(await link.call("admin.devices"));
      // The store's own one is the first.
      const { syncService = syncServices[0]?.url } = awaited;
      const service = syncServices.find(({ url }) => url === syncService);
      if (over.signal.aborted) return;
      if (service !== undefined && isNew(service))
        remark(json ? JSON.stringify({ syncService: service }) : newsText(service, awaited));
      await delay(POLL_MS, undefined, { signal: over.signal });
    }
  };
  // That the store has gone is told by who waits for the pairing.
  watch().catch(() => {});
  return { [Symbol.dispose]: () => over.abort() };
};
