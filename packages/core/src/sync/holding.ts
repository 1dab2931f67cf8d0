/**
 * Whether our own writes are durable elsewhere: how many other devices are known to hold them. docs/sync.md, "Durable
 * elsewhere".
 */
import { toHex } from "../bytes/bytes.ts";
import type { ReplicaId } from "../data/ids.ts";
import { EMPTY_VECTOR, type VersionVector } from "../data/version-vector.ts";
import type { SyncNamespace } from "./sync-namespace.ts";

/** A namespace as one circle shares it. */
export interface Sharer {
  readonly namespace: SyncNamespace;
  /** Whether a device, 32 bytes, counts. */
  readonly isMember: (device: Uint8Array) => boolean;
}

/**
 * Other devices known to hold durably all writes of our own replica that `vector` knows of, or what has superseded them:
 * under its present id and those it had before. All sharers are of the same replica; a replica known in several circles is
 * one of the first.
 */
export const holders = (sharers: readonly Sharer[], vector: VersionVector): number => {
  const counted = new Set<ReplicaId>();
  let count = 0;
  for (const { namespace, isMember } of sharers) {
    const acknowledged = namespace.acknowledged();
    const own = toHex(namespace.device);
    const written = namespace.announcements.flatMap(({ replica, device, isVouched }) =>
      !isVouched && toHex(device) === own ? [[replica, vector.get(replica) ?? 0] as const] : [],
    );
    const devices = new Set<string>();
    for (const { replica, device, isVouched } of namespace.announcements) {
      if (isVouched || counted.has(replica) || !isMember(device)) continue;
      const held = acknowledged.get(replica) ?? EMPTY_VECTOR;
      if (written.some(([id, counter]) => (held.get(id) ?? 0) < counter)) continue;
      counted.add(replica);
      devices.add(toHex(device));
    }
    devices.delete(own);
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
  { vector, devices }: { readonly vector: VersionVector; readonly devices: number },
): Holding => {
  const isHeld = (): boolean => holders(sharers, vector) >= devices;
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
