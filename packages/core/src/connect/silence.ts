/**
 * An end-to-end sign of life (docs/channel.md, "Connecting"): a relay that answers pings may still let everything vanish.
 * Costs no records: it is noticed by the answers that are due anyway.
 */
import type { Clock } from "../host.ts";

/** Silence is counted in ticks of a timer, so that a device's own sleep is not taken for it. */
const TICK_MS = 15_000;
const SILENT_TICKS = 4;

export interface SilenceOptions {
  readonly clock: Pick<Clock, "setTimer">;
  /** Whether the other device owes an answer. */
  readonly isAnswerDue: () => boolean;
  /** Whether this device may not have sent what is to be answered, or not looked at what came: such a tick does not count. */
  readonly isBehind: () => boolean;
  /** A number that is another one after anything has moved: a record opened, sent, or made room for. */
  readonly progress: () => number;
  /** An answer was due, and nothing moved, for a minute. Called once. */
  readonly silent: () => void;
}

export class Silence {
  readonly #options: SilenceOptions;
  #progress: number;
  #ticks = 0;
  #cancel: () => void = () => {};

  constructor(options: SilenceOptions) {
    this.#options = options;
    this.#progress = options.progress();
    this.#wait();
  }

  stop(): void {
    this.#cancel();
  }

  #wait(): void {
    this.#cancel = this.#options.clock.setTimer(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const { isAnswerDue, isBehind, progress: progressOf, silent } = this.#options;
    const progress = progressOf();
    if (progress !== this.#progress || !isAnswerDue()) this.#ticks = 0;
    else if (!isBehind()) this.#ticks += 1;
    this.#progress = progress;
    if (this.#ticks >= SILENT_TICKS) silent();
    else this.#wait();
  }
}
