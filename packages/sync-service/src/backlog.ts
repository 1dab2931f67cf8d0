/**
 * What waits for a device that does not read as fast as others send. It never grows beyond a bound: those who send to
 * it are not read meanwhile, and a device that stays stuck is let go.
 */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Limits } from "./limits.ts";

/** A waiting frame takes about this much beside its bytes. */
const FRAME_OVERHEAD = 256;
/** A smaller frame that has to wait is copied, so that it does not keep the whole chunk it was read in. */
const COPY_BELOW_BYTES = 16 * 1024;
const AS_BINARY = { binary: true, compress: false } as const;

/** Somebody who can be told to wait. */
export interface Source {
  pause(): void;
  resume(): void;
}

export class Backlog {
  readonly #webSocket: WebSocket;
  readonly #stream: Duplex;
  readonly #limits: Limits;
  /** Frames sent since nothing waited. */
  #frames = 0;
  /** Who waits for this device. */
  readonly #held = new Set<Source>();
  #fullSince: number | undefined;
  #stalledSince: number | undefined;
  #leastBytes = 0;

  constructor(webSocket: WebSocket, stream: Duplex, limits: Limits) {
    this.#webSocket = webSocket;
    this.#stream = stream;
    this.#limits = limits;
  }

  /** Not yet taken by the network. */
  get bytes(): number {
    return this.#stream.writableLength;
  }

  push(frame: Uint8Array, source: Source): void {
    const isBehind = this.bytes > 0;
    const kept = isBehind && frame.length < COPY_BELOW_BYTES ? Buffer.from(frame) : frame;
    const isOver = this.#count(frame.length, isBehind);
    this.#webSocket.send(kept, AS_BINARY, isOver ? this.#flushed : undefined);
    if (isOver) this.#hold(source);
  }

  pong(data: Buffer, source: Source): void {
    const isOver = this.#count(data.length, this.bytes > 0);
    this.#webSocket.pong(Buffer.from(data), false, isOver ? this.#flushed : undefined);
    if (isOver) this.#hold(source);
  }

  /** Lets everybody go on. */
  release(): void {
    for (const source of this.#held) source.resume();
    this.#held.clear();
  }

  /** Too much for too long, or much of which nothing at all has left. Asked about once a second. */
  isStuck(now: number): boolean {
    const { pauseBytes, fullBytes, fullMs, stalledMs } = this.#limits;
    const { bytes } = this;
    this.#fullSince = bytes >= fullBytes ? (this.#fullSince ?? now) : undefined;
    if (this.#fullSince !== undefined && now - this.#fullSince >= fullMs) return true;
    if (bytes < pauseBytes) {
      this.#stalledSince = undefined;
      return false;
    }
    if (this.#stalledSince === undefined || bytes < this.#leastBytes) {
      this.#stalledSince = now;
      this.#leastBytes = bytes;
    }
    return now - this.#stalledSince >= stalledMs;
  }

  /** Counts a frame in; true when more waits now than may. */
  #count(length: number, isBehind: boolean): boolean {
    const { pauseBytes } = this.#limits;
    this.#frames = isBehind ? this.#frames + 1 : 1;
    return this.bytes + length >= pauseBytes || this.#frames * FRAME_OVERHEAD >= pauseBytes;
  }

  #hold(source: Source): void {
    if (this.#held.has(source)) return;
    this.#held.add(source);
    source.pause();
  }

  /**
   * Every frame that goes over the bound has this as its callback. So when less than the bound waits, everybody may go
   * on, and when more does, a later call is certain.
   */
  readonly #flushed = (): void => {
    if (this.bytes >= this.#limits.pauseBytes) return;
    this.#frames = 0;
    this.release();
  };
}
