/** How the devices of a simulated life meet, and what may come between them. */
import type { MasqError } from "../../errors.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { SimDevice } from "./sim-device.ts";
import type { Timeline } from "./timeline.ts";

/** Pairs of devices that meet, by their places. */
export type Graph = readonly (readonly [number, number])[];

export interface SimNetworkOptions {
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly devices: readonly SimDevice[];
  readonly graph: Graph;
  /** A session has ended, and perhaps its device with it. */
  readonly ended: (error: MasqError | undefined) => void;
}

export interface SimNetwork {
  /** Something always moves here: the devices have come to rest when all agree, not when nothing happens. */
  readonly isEndless: boolean;
  /** Fewer events than this pass between two things done to the devices. */
  readonly pace: number;
  /** These devices have begun to run. */
  started(devices: readonly SimDevice[]): void;
  /** Takes a way between devices away, or gives one back. */
  disturb(): void;
  /** Nothing comes between the devices from now on. */
  mend(): void;
}
