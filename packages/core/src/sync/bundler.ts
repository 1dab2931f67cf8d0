/**
 * Puts messages that leave at the same time together, one after the other, into one message of the channel: each of those
 * is padded and sealed by itself, which costs a small one far more than its own bytes.
 */
import { concatBytes } from "../bytes/bytes.ts";

export class Bundler {
  /** The channel takes more; its owner says so when it does again. */
  hasRoom = true;
  readonly #mostBytes: number;
  readonly #deliver: (bundle: Uint8Array) => boolean;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  /** A bundle of more than `mostBytes` is one message. `deliver` returns false for a bundle after which the channel takes no more. */
  constructor(mostBytes: number, deliver: (bundle: Uint8Array) => boolean) {
    this.#mostBytes = mostBytes;
    this.#deliver = deliver;
  }

  /** What there is no room for waits: its owner makes no more of it than can be held. */
  add(message: Uint8Array): void {
    // A large message goes alone: what is small need not be copied with it, nor wait until it has come whole.
    if (message.length >= this.#mostBytes) this.flush();
    this.#waiting.push(message);
    this.#waitingBytes += message.length;
    if (this.#waitingBytes >= this.#mostBytes) this.flush();
  }

  /** Sends what waits, if there is room. */
  flush(): void {
    while (this.hasRoom && this.#waiting.length > 0) {
      const bundle = this.#next();
      this.hasRoom = this.#deliver(bundle);
    }
  }

  #next(): Uint8Array {
    let count = 1;
    let bytes = (this.#waiting[0] as Uint8Array).length;
    for (; count < this.#waiting.length; count += 1) {
      const { length } = this.#waiting[count] as Uint8Array;
      if (bytes + length > this.#mostBytes) break;
      bytes += length;
    }
    const messages = this.#waiting.splice(0, count);
    this.#waitingBytes -= bytes;
    return messages.length === 1 ? (messages[0] as Uint8Array) : concatBytes(...messages);
  }
}
