/**
 * A socket whose frames can be awaited one by one during a handshake and then handed over to another owner with
 * nothing lost: what came in meanwhile is delivered when the new owner attaches.
 */
import { MasqError } from "../errors.ts";
import type { Clock, Socket, SocketHandlers } from "../host.ts";
import { CLOSE_LIMIT } from "./protocol.ts";

/** A peer that sends more than this before the handshake is done is not one of ours. */
const MAX_QUEUED_FRAMES = 16;

export class QueuedSocket implements Socket {
  readonly #socket: Socket;
  readonly #frames: Uint8Array[] = [];
  #closedWith: number | undefined;
  #owner: SocketHandlers | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.attach({
      message: (frame) => {
        if (this.#closedWith !== undefined) return undefined;
        if (this.#owner !== undefined) return this.#owner.message(frame);
        this.#frames.push(frame);
        if (this.#frames.length > MAX_QUEUED_FRAMES) {
          this.#frames.length = 0;
          this.#socket.close(CLOSE_LIMIT);
          this.#end(CLOSE_LIMIT);
        }
        this.#wake?.();
      },
      close: (code) => this.#end(code),
      drain: () => this.#owner?.drain(),
    });
  }

  get buffered(): number {
    return this.#socket.buffered;
  }

  /** The close code, once the socket has closed. */
  get closedWith(): number | undefined {
    return this.#closedWith;
  }

  /** Resolves when a frame is there, and leaves it; rejects as `next` does. */
  async arrival(clock: Clock, deadlineMs: number): Promise<void> {
    this.#frames.unshift(await this.next(clock, deadlineMs));
  }

  /** The next frame; rejects with MASQ_STORE_UNREACHABLE when the socket closes or `deadlineMs` passes first. */
  async next(clock: Clock, deadlineMs: number): Promise<Uint8Array> {
    let isLate = false;
    const cancel = clock.setTimer(Math.max(0, deadlineMs - clock.monotonic()), () => {
      isLate = true;
      this.#wake?.();
    });
    try {
      for (;;) {
        const frame = this.#frames.shift();
        if (frame !== undefined) return frame;
        if (isLate || this.#closedWith !== undefined) break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      cancel();
    }
    throw new MasqError(
      "MASQ_STORE_UNREACHABLE",
      "The connection ended before it was set up. Nothing was sent.",
    );
  }

  attach(handlers: SocketHandlers): void {
    this.#owner = handlers;
    for (const frame of this.#frames.splice(0)) handlers.message(frame);
    if (this.#closedWith !== undefined) handlers.close(this.#closedWith);
  }

  send(frame: Uint8Array): void {
    this.#socket.send(frame);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  #end(code: number): void {
    if (this.#closedWith !== undefined) return;
    this.#closedWith = code;
    this.#owner?.close(code);
    this.#wake?.();
  }
}
