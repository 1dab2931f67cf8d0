/** Whether a sync service can be used, for who asks about it before anything is to be passed on. */
import { RelayLink, type RelayLinkOptions, type RelayStatus } from "./relay-link.ts";

/** Connects once and leaves again: `connected`, or `waiting` with the reason, within the link's own time limits. */
export const trySyncService = async (options: RelayLinkOptions): Promise<RelayStatus> => {
  const link = new RelayLink(options);
  const { promise, resolve } = Promise.withResolvers<RelayStatus>();
  link.onStatus(resolve);
  if (link.status.state !== "connecting") resolve(link.status);
  const status = await promise;
  link.close();
  return status;
};
