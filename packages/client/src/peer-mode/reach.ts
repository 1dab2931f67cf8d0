/** Whether the sync service at which an app's devices meet can be reached, as far as it is needed. */
import type { MasqError } from "@masq/core";
import type { Membership } from "@masq/core/peer";

export interface Reach {
  /** MASQ_SYNC_SERVICE_…: why not. Undefined while it can be, or nobody is to be met there. */
  readonly error: MasqError | undefined;
  /** Calls `listener` when that is another one, or over. The returned function ends it. */
  onChanged(listener: () => void): () => void;
}

export const watchReach = (
  membership: Pick<Membership, "onStatus" | "relays" | "syncServices">,
): Reach => {
  const listeners = new Set<() => void>();
  let error: MasqError | undefined;
  membership.onStatus(() => {
    const [own] = membership.syncServices;
    const status = membership.relays().find(({ url }) => url === own)?.status;
    // On its way from one attempt to the next it is as it was.
    if (status?.state === "connecting") return;
    const next = status?.state === "waiting" ? status.error : undefined;
    const isNews = next?.code !== error?.code;
    error = next;
    if (isNews) for (const listener of listeners) listener();
  });
  return {
    get error() {
      return error;
    },
    onChanged(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
