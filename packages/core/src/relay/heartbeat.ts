/** Finds out that a connection is dead although nothing has closed it: a PING now and then, and something must come back. */
import type { Clock, Random } from "../host.ts";
import { randomReal } from "./back-off.ts";
import { DEAD_AFTER_MS, DOUBTED_DEAD_AFTER_MS, PING_BYTES } from "./protocol.ts";

/** Whatever a relay asks for: neither a flood of pings, nor a dead connection that nobody notices for hours. */
const LEAST_PING_SECONDS = 5;
const MOST_PING_SECONDS = 60;

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** As WELCOME says; taken for 5 to 60. */
  readonly pingSeconds: number;
  readonly ping: (nonce: Uint8Array) => void;
  /** Bytes that wait to leave. */
  readonly buffered: () => number;
  readonly dead: () => void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #everyMs: number;
  #hasHeard = false;
  #cancel: () => void = () => {};

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    const seconds = Math.max(LEAST_PING_SECONDS, Math.min(options.pingSeconds, MOST_PING_SECONDS));
    this.#everyMs = seconds * 1000;
    this.#schedule(0);
  }

  /** Anything at all has come. */
  heard(): void {
    this.#hasHeard = true;
  }

  /** Whether the connection still stands is in doubt: asks at once, and waits for less. */
  doubt(): void {
    this.#cancel();
    this.#ask(DOUBTED_DEAD_AFTER_MS);
  }

  stop(): void {
    this.#cancel();
  }

  #schedule(elapsedMs: number): void {
    const { clock, random } = this.#options;
    // Spread, so that devices that came at once do not ping at once for ever.
    const delay = this.#everyMs * (0.75 + randomReal(random) / 4);
    this.#cancel = clock.setTimer(Math.max(0, delay - elapsedMs), () => {
      this.#ask(DEAD_AFTER_MS);
    });
  }

  #ask(limitMs: number): void {
    const { buffered, ping, random } = this.#options;
    this.#hasHeard = false;
    // Without the ping: that it leaves for a network that has gone says nothing.
    const before = buffered();
    ping(random(PING_BYTES));
    this.#await(limitMs, before);
  }

  #await(limitMs: number, before: number): void {
    const { clock, buffered, dead } = this.#options;
    this.#cancel = clock.setTimer(limitMs, () => {
      if (this.#hasHeard) this.#schedule(limitMs);
      // The ping may wait behind much else on a slow line: as long as bytes leave, somebody takes them.
      else if (buffered() < before) this.#await(limitMs, buffered());
      else dead();
    });
  }
}
