/** Two sockets joined in memory, for two ends in one process: each frame arrives in a microtask of its own, in order, as a copy. */
import type { Socket, SocketHandlers } from "../host.ts";

class PairedSocket implements Socket {
  #peer: PairedSocket | undefined;
  #handlers: SocketHandlers | undefined;
  /** What the peer sent and this end has not been given yet; a number is the peer's close. */
  readonly #inbox: (Uint8Array | number)[] = [];
  #inboxBytes = 0;
  #isPaused = false;
  #isScheduled = false;
  /** The code both ends are told; undefined while open. */
  #closing: number | undefined;
  #wasToldClose = false;
  #wasSeenBuffered = false;

  static join(a: PairedSocket, b: PairedSocket): void {
    a.#peer = b;
    b.#peer = a;
  }

  get buffered(): number {
    const bytes = this.#peer === undefined ? 0 : this.#peer.#inboxBytes;
    if (bytes > 0) this.#wasSeenBuffered = true;
    return bytes;
  }

  attach(handlers: SocketHandlers): void {
    this.#handlers = handlers;
    this.#schedule();
  }

  send(frame: Uint8Array): void {
    if (this.#closing !== undefined) return;
    if (this.#peer !== undefined) this.#peer.#receive(new Uint8Array(frame));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  close(code: number): void {
    if (this.#closing !== undefined) return;
    this.#closing = code;
    if (this.#peer !== undefined) this.#peer.#receive(code);
    this.#schedule();
  }

  #receive(item: Uint8Array | number): void {
    this.#inbox.push(item);
    if (typeof item !== "number") this.#inboxBytes += item.length;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const handlers = this.#handlers;
    if (handlers === undefined || this.#wasToldClose) return;
    if (this.#closing !== undefined) {
      this.#wasToldClose = true;
      this.#discard();
      handlers.close(this.#closing);
      return;
    }
    if (this.#isPaused || this.#inbox.length === 0) return;
    const item = this.#inbox.shift() as Uint8Array | number;
    if (typeof item === "number") {
      this.#closing = item;
    } else {
      this.#inboxBytes -= item.length;
      if (this.#peer !== undefined) this.#peer.#maybeDrained();
      handlers.message(item);
    }
    this.#schedule();
  }

  /** A closed end takes nothing more, so nothing more waits for it. */
  #discard(): void {
    this.#inbox.length = 0;
    this.#inboxBytes = 0;
  }

  #maybeDrained(): void {
    if (!this.#wasSeenBuffered || this.buffered > 0 || this.#closing !== undefined) return;
    this.#wasSeenBuffered = false;
    queueMicrotask(() => {
      if (this.#closing === undefined) this.#handlers?.drain();
    });
  }
}

/** Both ends of a new connection. Frames wait for an end that has no handlers yet. */
export const socketPair = (): [Socket, Socket] => {
  const a = new PairedSocket();
  const b = new PairedSocket();
  PairedSocket.join(a, b);
  return [a, b];
};
