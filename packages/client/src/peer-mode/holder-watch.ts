/**
 * Whether the holder in another tab still says something: a page that hangs closes nothing. It is asked when something was
 * sent to it, and only then, so that tabs in which nothing goes on wake nobody.
 */
import type { Clock } from "@masq/core";

/**
 * Silence is counted in looks: a page that was itself held up wakes to timers that are due before it is handed what has
 * come meanwhile.
 */
const LOOK_MS = 1_000;
/** After the one in which it was asked. A holder in the background answers at once, too: only its timers are held back. */
const SILENT_LOOKS = 3;

export interface HolderWatchOptions {
  readonly clock: Pick<Clock, "setTimer">;
  /** Asks it to say that it is there; `heard` is to be called then. */
  readonly ask: () => void;
  /** It has not answered. */
  readonly silent: () => void;
}

export class HolderWatch {
  readonly #options: HolderWatchOptions;
  #looks = 0;
  #cancel: (() => void) | undefined;

  constructor(options: HolderWatchOptions) {
    this.#options = options;
  }

  /** Something is on its way to the holder. */
  sent(): void {
    if (this.#cancel === undefined) this.#look();
  }

  /** It is there, or there is nothing more to ask it. */
  heard(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#looks = 0;
  }

  #look(): void {
    const { clock, ask, silent } = this.#options;
    this.#cancel = clock.setTimer(LOOK_MS, () => {
      this.#looks += 1;
      if (this.#looks === 1) ask();
      if (this.#looks <= SILENT_LOOKS) return this.#look();
      this.heard();
      silent();
    });
  }
}
