/** What becomes of the sync service while an invitation waits there: without it nobody comes, and nothing else tells why. */
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

const newsText = ({ url, error }: SyncServiceItem): string =>
  error === null
    ? `The sync service ${url} is connected again: the link can be used now.`
    : `The sync service ${url} is not connected, so nobody can join yet; it is tried again by itself. ${error}`;

/** Tells on stderr, up to its disposal, how the store's own sync service fails and recovers. */
export const tellRelayNews = ({ json }: Context, link: AdminLink): Disposable => {
  const over = new AbortController();
  const watch = async (): Promise<void> => {
    const isNew = isNews();
    for (;;) {
      // The store's own one is the first, and the one that its links name.
      const [service] = readDevices(await link.call("admin.devices")).syncServices;
      if (over.signal.aborted) return;
      if (service !== undefined && isNew(service))
        remark(json ? JSON.stringify({ syncService: service }) : newsText(service));
      await delay(POLL_MS, undefined, { signal: over.signal });
    }
  };
  // That the store has gone is told by who waits for the pairing.
  watch().catch(() => {});
  return { [Symbol.dispose]: () => over.abort() };
};
