/** The way between two devices: ordered, slow, narrow, cut at any time with whatever is on it. */
import type { SessionOwner } from "../../connect/options.ts";
import type { MessageChannel } from "../../sync/peer-sync.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { Timeline } from "./timeline.ts";

/** What a running device is reached by. */
export interface SimLink {
  /** The device has crashed. */
  cut(): void;
  /** Its sessions begin anew. */
  restart(): void;
}

const MAX_DELAY_MS = 30;
const MAX_UNDER_WAY = 4;

/** One direction of a connection. */
interface Way {
  end: SessionOwner | undefined;
  underWay: number;
  lastAt: number;
  isFull: boolean;
}

/** Both ends of a connection. A crash of one device is told to the other by `cut`. */
export class SimConnection implements SimLink {
  readonly channels: readonly [MessageChannel, MessageChannel];
  readonly #timeline: Timeline;
  readonly #random: SeededRandom;
  readonly #ways: readonly [Way, Way];
  /** Called for each end once it has been told. */
  onCut: () => void = () => {};
  #isCut = false;

  constructor(timeline: Timeline, random: SeededRandom, effects: readonly (() => boolean)[]) {
    this.#timeline = timeline;
    this.#random = random;
    const way = (): Way => ({ end: undefined, underWay: 0, lastAt: 0, isFull: false });
    this.#ways = [way(), way()];
    const channel = (side: 0 | 1): MessageChannel => ({
      send: (message) => {
        // The device may crash before it sends.
        if (effects[side]?.() !== true) return false;
        return this.#send(side, message);
      },
      close: () => this.cut(),
    });
    this.channels = [channel(0), channel(1)];
  }

  /** Sets who is at the end of a side; what comes before is not lost, as it takes time to arrive. */
  attach(side: 0 | 1, end: SessionOwner): void {
    this.#ways[side].end = end;
  }

  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    for (const way of this.#ways) {
      this.#timeline.after(this.#random.int(MAX_DELAY_MS), () => {
        way.end?.closed();
        this.onCut();
      });
    }
  }

  restart(): void {
    this.cut();
  }

  #send(side: 0 | 1, message: Uint8Array): boolean {
    if (this.#isCut) return false;
    const here = this.#ways[side];
    const there = this.#ways[side === 0 ? 1 : 0];
    here.underWay += 1;
    const at = Math.max(here.lastAt, this.#timeline.now + this.#random.int(MAX_DELAY_MS));
    here.lastAt = at;
    const copy = message.slice();
    this.#timeline.after(at - this.#timeline.now, () => {
      here.underWay -= 1;
      if (this.#isCut) return;
      void there.end?.message(copy);
      if (!here.isFull || here.underWay > 0) return;
      here.isFull = false;
      here.end?.writable();
    });
    here.isFull ||= here.underWay >= MAX_UNDER_WAY;
    return !here.isFull;
  }
}
