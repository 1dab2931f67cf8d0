/** Takes messages in one after another: those that come while one needs its time wait for it, in order and within bounds. */
import { MasqError } from "../errors.ts";
import { MAX_WAITING_BYTES } from "./limits.ts";

/** So that many small messages count for something too. */
const OVERHEAD_BYTES = 256;

export class Inbox {
  readonly #handle: (message: Uint8Array) => Promise<void> | undefined;
  readonly #failed: (error: unknown) => void;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isBusy = false;

  /** `handle` returns a promise for a message that holds up those behind it; whatever it throws goes to `failed`. */
  constructor(
    handle: (message: Uint8Array) => Promise<void> | undefined,
    failed: (error: unknown) => void,
  ) {
    this.#handle = handle;
    this.#failed = failed;
  }

  push(message: Uint8Array): void {
    if (!this.#isBusy) {
      this.#take(message);
      return;
    }
    this.#waitingBytes += message.length + OVERHEAD_BYTES;
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#failed(overrun());
    else this.#waiting.push(message);
  }

  /** Forgets what waits. */
  close(): void {
    this.#waiting = [];
  }

  #take(message: Uint8Array): void {
    try {
      const done = this.#handle(message);
      if (done === undefined) return;
      this.#isBusy = true;
      done.then(
        () => this.#takeWaiting(),
        (error: unknown) => this.#failed(error),
      );
    } catch (error) {
      this.#failed(error);
    }
  }

  #takeWaiting(): void {
    this.#isBusy = false;
    while (!this.#isBusy) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      this.#waitingBytes -= message.length + OVERHEAD_BYTES;
      this.#take(message);
    }
  }
}

const overrun = (): MasqError =>
  new MasqError(
    "MASQ_MESSAGE_INVALID",
    "The other device sent more than it may before the device log was taken in. What came before is kept.",
  );
