/**
 * One end of a connection between two tabs of an origin, over a BroadcastChannel of its own. Frames travel as they are;
 * a number says that so many bytes were taken, as a channel tells nobody how much lies unread; `{ close }` ends it. That
 * the other tab is gone the channel does not tell either: who knows calls `lost`.
 */
import type { Socket, SocketHandlers } from "@masq/core";

const CLOSE_LOST = 1006;

/** What is used of a BroadcastChannel. */
export interface TabChannel {
  onmessage: ((event: { readonly data: unknown }) => unknown) | null;
  postMessage(message: unknown): void;
  close(): void;
}

const closeCodeOf = (message: unknown): number | undefined =>
  typeof message === "object" && message !== null && "close" in message
    ? Number(message.close)
    : undefined;

export class TabSocket implements Socket {
  readonly #channel: TabChannel;
  readonly #ended: () => void;
  readonly #sent: (() => void) | undefined;
  #handlers: SocketHandlers | undefined;
  readonly #inbox: Uint8Array[] = [];
  #isPaused = false;
  #unread = 0;
  /** The other end's, heard and not reached yet: what came before it is taken first. */
  #farewell: number | undefined;
  /** Known once it is over; told when there is somebody to tell. */
  #code: number | undefined;
  #wasTold = false;

  /** `ended` is called once, when neither end can use it any more; `sent` for each frame that leaves. */
  constructor(channel: TabChannel, ended: () => void, sent?: () => void) {
    this.#channel = channel;
    this.#ended = ended;
    this.#sent = sent;
    channel.onmessage = ({ data }) => this.#take(data);
  }

  get buffered(): number {
    return this.#unread;
  }

  attach(handlers: SocketHandlers): void {
    this.#handlers = handlers;
    queueMicrotask(() => this.#deliver());
  }

  send(frame: Uint8Array): void {
    if (this.#code !== undefined) return;
    this.#unread += frame.length;
    // A view is cloned with all of the buffer behind it.
    const isWhole = frame.length === frame.buffer.byteLength;
    this.#channel.postMessage(isWhole ? frame : frame.slice());
    this.#sent?.();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    queueMicrotask(() => this.#deliver());
  }

  close(code: number): void {
    if (this.#code !== undefined) return;
    this.#channel.postMessage({ close: code });
    this.#end(code);
  }

  /** The other tab is not there any more. */
  lost(): void {
    this.#end(CLOSE_LOST);
  }

  #take(message: unknown): void {
    if (this.#code !== undefined) return;
    if (message instanceof Uint8Array) {
      this.#inbox.push(message);
      this.#deliver();
    } else if (typeof message === "number") {
      this.#unread -= message;
      if (this.#unread === 0) this.#handlers?.drain();
    } else {
      this.#farewell = closeCodeOf(message) ?? CLOSE_LOST;
      this.#isPaused = false;
      this.#deliver();
    }
  }

  #deliver(): void {
    const handlers = this.#handlers;
    if (handlers === undefined) return;
    while (!this.#isPaused && this.#code === undefined && this.#inbox.length > 0) {
      const frame = this.#inbox.shift() as Uint8Array;
      this.#channel.postMessage(frame.length);
      handlers.message(frame);
    }
    if (this.#farewell !== undefined) this.#end(this.#farewell);
    if (this.#code === undefined || this.#wasTold) return;
    this.#wasTold = true;
    handlers.close(this.#code);
  }

  #end(code: number): void {
    if (this.#code !== undefined) return;
    this.#code = code;
    this.#inbox.length = 0;
    this.#channel.onmessage = null;
    this.#channel.close();
    this.#ended();
    queueMicrotask(() => this.#deliver());
  }
}
