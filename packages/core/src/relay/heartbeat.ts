/** Finds out that a connection is dead although nothing has closed it: a PING now and then, and something must come back. */
import type { Clock, Random } from "../host.ts";
import { randomReal } from "./back-off.ts";
import { DEAD_AFTER_MS, PING_BYTES } from "./protocol.ts";

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly pingSeconds: number;
  readonly ping: (nonce: Uint8Array) => void;
  /** Bytes that wait to leave. */
  readonly buffered: () => number;
  readonly dead: () => void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #hasHeard = false;
  #cancel: () => void = () => {};

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#schedule(0);
  }

  /** Anything at all has come. */
  heard(): void {
    this.#hasHeard = true;
  }

  stop(): void {
    this.#cancel();
  }

  #schedule(elapsedMs: number): void {
    const { clock, random, pingSeconds } = this.#options;
    // Spread, so that devices that came at once do not ping at once for ever.
    const delay = pingSeconds * 1000 * (0.75 + randomReal(random) / 4);
    this.#cancel = clock.setTimer(delay - elapsedMs, () => {
      this.#hasHeard = false;
      this.#options.ping(random(PING_BYTES));
      this.#await();
    });
  }

  #await(): void {
    const { clock, buffered, dead } = this.#options;
    const before = buffered();
    this.#cancel = clock.setTimer(DEAD_AFTER_MS, () => {
      if (this.#hasHeard) this.#schedule(DEAD_AFTER_MS);
      // The ping may wait behind much else on a slow line: as long as bytes leave, somebody takes them.
      else if (buffered() < before) this.#await();
      else dead();
    });
  }
}
