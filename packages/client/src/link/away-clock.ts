/**
 * How long there was no store that answers, all in all: what the patience of calls is measured by. A store that comes
 * and goes uses it up as one that stays away does.
 */
import type { Clock } from "@masq/core";

export class AwayClock {
  readonly #clock: Clock;
  /** Monotonic time at which the store went; undefined while it is there. */
  #since: number | undefined;
  #earlierMs = 0;

  /** Begins without a store. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.gone();
  }

  /** Milliseconds; never goes back. */
  get totalMs(): number {
    return this.#earlierMs + this.currentMs;
  }

  /** Milliseconds since the store went; 0 while it is there. */
  get currentMs(): number {
    return this.#since === undefined ? 0 : this.#clock.monotonic() - this.#since;
  }

  gone(): void {
    this.#since ??= this.#clock.monotonic();
  }

  back(): void {
    this.#earlierMs = this.totalMs;
    this.#since = undefined;
  }

  /** The store is connected, but has left calls unanswered for so long. */
  silent(ms: number): void {
    if (this.#since === undefined) this.#earlierMs += ms;
  }
}
