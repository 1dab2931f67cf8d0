/** A device's socket in virtual time: what goes through it takes a while, in order, and is lost with the connection. */
import type { Socket, SocketHandlers } from "../../host.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { Timeline } from "./timeline.ts";

const MAX_DELAY_MS = 30;

export class SlowSocket implements Socket {
  /** Whoever sends waits for credit long before a buffer would count. */
  readonly buffered = 0;
  readonly #inner: Socket;
  readonly #timeline: Timeline;
  readonly #random: SeededRandom;
  readonly #effect: () => boolean;
  readonly #arrivesAt = { out: 0, in: 0 };
  #isDead = false;

  /** `effect` is a point at which the device may crash; false if it does not run any more. */
  constructor(inner: Socket, timeline: Timeline, random: SeededRandom, effect: () => boolean) {
    this.#inner = inner;
    this.#timeline = timeline;
    this.#random = random;
    this.#effect = effect;
  }

  attach(handlers: SocketHandlers): void {
    this.#inner.attach({
      message: (frame) => this.#later("in", () => handlers.message(frame)),
      close: (code) => this.#later("in", () => handlers.close(code)),
      drain: () => {},
    });
  }

  send(frame: Uint8Array): void {
    if (this.#isDead || !this.#effect()) return;
    const copy = frame.slice();
    this.#later("out", () => this.#inner.send(copy));
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  close(code: number): void {
    this.#later("out", () => this.#inner.close(code));
  }

  /** The device is gone: nothing reaches it, and the other end hears of it after a while. */
  die(): void {
    if (this.#isDead) return;
    this.close(1006);
    this.#isDead = true;
  }

  #later(way: "out" | "in", task: () => void): void {
    const { now } = this.#timeline;
    const at = Math.max(this.#arrivesAt[way], now + this.#random.int(MAX_DELAY_MS));
    this.#arrivesAt[way] = at;
    this.#timeline.after(at - now, () => {
      if (way === "out" || !this.#isDead) task();
    });
  }
}
