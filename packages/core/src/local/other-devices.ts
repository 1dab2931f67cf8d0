import type { VersionVector } from "../data/version-vector.ts";

/**
 * What an app may learn of the devices that share its namespace: how far they are, and no more. None is named, so that
 * two apps cannot tell by them that they have the same owner.
 */
export interface DeviceSummary {
  readonly connected: boolean;
  /** Wall times in milliseconds since 1970; null for never, or while it is not so. */
  readonly lastSeen: number | null;
  readonly lastVerified: number | null;
  /** Since when both are known to hold the same. */
  readonly verifiedSince: number | null;
  /** Versions, about; null while unknown. */
  readonly toSend: number | null;
  readonly toReceive: number | null;
}

export interface OtherDevices {
  list(): readonly DeviceSummary[];
  /** Calls `listener` after changes of the list. The returned function ends that. */
  onChanged(listener: () => void): () => void;
  /**
   * Calls `held` once that many other devices are known to hold durably all that our replica had written when its vector
   * was this; at once if they do. The returned function ends the wait.
   */
  whenHeld(vector: VersionVector, devices: number, held: () => void): () => void;
}

/** For a replica that is on this device alone. */
export const noOtherDevices: OtherDevices = {
  list: () => [],
  onChanged: () => () => {},
  whenHeld: () => () => {},
};
