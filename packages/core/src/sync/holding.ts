/**
 * Whether our own writes are durable elsewhere: how many other devices are known to hold them. docs/sync.md, "Durable
 * elsewhere".
 */
import { toHex } from "../bytes/bytes.ts";
import type { SyncNamespace } from "./sync-namespace.ts";

export interface HolderOptions {
  /** All writes of our own replica up to this one. */
  readonly counter: number;
  /** Whether a device, 32 bytes, counts. */
  readonly isMember: (device: Uint8Array) => boolean;
}

/** Other devices known to hold all own writes up to `counter` durably, or what has superseded them. */
export const holders = (namespace: SyncNamespace, { counter, isMember }: HolderOptions): number => {
  const { id } = namespace.replica;
  const acknowledged = namespace.acknowledged();
  const devices = new Set<string>();
  for (const { replica, device } of namespace.announcements) {
    const held = acknowledged.get(replica)?.get(id) ?? 0;
    if (held >= counter && isMember(device)) devices.add(toHex(device));
  }
  devices.delete(toHex(namespace.device));
  return devices.size;
};

export interface Holding {
  /** Resolves to true when at least so many devices hold it, to false when it was cancelled before. */
  readonly held: Promise<boolean>;
  readonly cancel: () => void;
}

/** Waits until at least `devices` other devices hold it: asked now, and whenever one is known to hold more than before. */
export const whenHeld = (
  namespace: SyncNamespace,
  options: HolderOptions & { readonly devices: number },
): Holding => {
  const isHeld = (): boolean => holders(namespace, options) >= options.devices;
  const { promise: held, resolve: settle } = Promise.withResolvers<boolean>();
  if (isHeld()) {
    settle(true);
    return { held, cancel: () => {} };
  }
  const end = (isDone: boolean): void => {
    stop();
    settle(isDone);
  };
  const stop = namespace.onAcknowledged(() => {
    if (isHeld()) end(true);
  });
  return { held, cancel: () => end(false) };
};
