/**
 * Whether our own writes are durable elsewhere: how many other devices are known to hold them. docs/sync.md, "Durable
 * elsewhere".
 */
import { toHex } from "../bytes/bytes.ts";
import type { ReplicaId } from "../data/ids.ts";
import type { SyncNamespace } from "./sync-namespace.ts";

/** A namespace as one circle shares it. */
export interface Sharer {
  readonly namespace: SyncNamespace;
  /** Whether a device, 32 bytes, counts. */
  readonly isMember: (device: Uint8Array) => boolean;
}

/**
 * Other devices known to hold durably all writes of our own replica up to `counter`, or what has superseded them. All
 * sharers are of the same replica; a replica known in several circles is one of the first.
 */
export const holders = (sharers: readonly Sharer[], counter: number): number => {
  const counted = new Set<ReplicaId>();
  let count = 0;
  for (const { namespace, isMember } of sharers) {
    const acknowledged = namespace.acknowledged();
    const devices = new Set<string>();
    for (const { replica, device, isVouched } of namespace.announcements) {
      const held = acknowledged.get(replica)?.get(namespace.replica.id) ?? 0;
      if (isVouched || counted.has(replica) || held < counter || !isMember(device)) continue;
      counted.add(replica);
      devices.add(toHex(device));
    }
    devices.delete(toHex(namespace.device));
    count += devices.size;
  }
  return count;
};

export interface Holding {
  /** Resolves to true when at least so many devices hold it, to false when it was cancelled before. */
  readonly held: Promise<boolean>;
  readonly cancel: () => void;
}

/** Waits until at least `devices` other devices hold it: asked now, and whenever one is known to hold more than before. */
export const whenHeld = (
  sharers: readonly Sharer[],
  { counter, devices }: { readonly counter: number; readonly devices: number },
): Holding => {
  const isHeld = (): boolean => holders(sharers, counter) >= devices;
  const { promise: held, resolve: settle } = Promise.withResolvers<boolean>();
  if (isHeld()) {
    settle(true);
    return { held, cancel: () => {} };
  }
  const end = (isDone: boolean): void => {
    stop?.();
    settle(isDone);
  };
  // They share what is acknowledged, so that any of them tells.
  const stop = sharers[0]?.namespace.onAcknowledged(() => {
    if (isHeld()) end(true);
  });
  return { held, cancel: () => end(false) };
};
