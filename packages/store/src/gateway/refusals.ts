/** Refused connections in the log: counted, and told once a minute, so that whoever knocks without end cannot fill the disk. */
import type { Clock } from "@masq/core";
import type { Logger } from "pino";

const INTERVAL_MS = 60_000;

export class Refusals {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #countByReason = new Map<string, number>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** `reason` is one of a few fixed texts, never what the other end sent. */
  count(reason: string): void {
    this.#countByReason.set(reason, (this.#countByReason.get(reason) ?? 0) + 1);
    if (this.#cancel !== undefined) return;
    this.#tell();
    this.#cancel = this.#clock.setTimer(INTERVAL_MS, () => {
      this.#cancel = undefined;
      this.#tell();
    });
  }

  /** Tells what is still untold. */
  close(): void {
    this.#cancel?.();
    this.#tell();
  }

  #tell(): void {
    if (this.#countByReason.size === 0) return;
    this.#log.warn({ refused: Object.fromEntries(this.#countByReason) }, "connections refused");
    this.#countByReason.clear();
  }
}
