/**
 * One meeting at a rendezvous: frames in order, with a bound on every wait. What has arrived can still be read after the
 * other end has left, since it may have said why.
 */
import type { MasqError } from "../errors.ts";
import type { Clock } from "../host.ts";
import type { RelaySlot } from "../relay/relay-slot.ts";
import { failed } from "./pairing-errors.ts";

/** Of an honest device hardly half as many wait, however large its log: each is a whole step, or a large part of the log. */
const MAX_WAITING_FRAMES = 16;

/** The same promise, or `late()`'s error once `boundMs` have passed. */
export const within = async <Result>(
  clock: Pick<Clock, "setTimer">,
  boundMs: number,
  work: Promise<Result>,
  late: () => MasqError = failed,
): Promise<Result> => {
  let cancel = (): void => {};
  const bound = new Promise<never>((_resolve, reject) => {
    cancel = clock.setTimer(boundMs, () => reject(late()));
  });
  try {
    return await Promise.race([work, bound]);
  } finally {
    cancel();
  }
};

export class Wire {
  readonly #slot: RelaySlot;
  readonly #clock: Pick<Clock, "setTimer">;
  readonly #inbox: Uint8Array[] = [];
  readonly #outbox: Uint8Array[] = [];
  /** Looked at whenever something has happened. */
  readonly #waiting = new Set<() => void>();
  #error: MasqError | undefined;
  /** What is still to be said when this device gives up. */
  farewell: () => void = () => {};

  constructor(slot: RelaySlot, clock: Pick<Clock, "setTimer">) {
    this.#slot = slot;
    this.#clock = clock;
  }

  /** A frame came. How many bytes wait here is bounded by what the slot grants; tiny ones count as well. */
  push(frame: Uint8Array): void {
    if (this.#error !== undefined) return;
    if (this.#inbox.length >= MAX_WAITING_FRAMES) return this.end(failed());
    this.#inbox.push(frame);
    this.#wake();
  }

  /** The slot takes frames again. */
  flush(): void {
    while (this.#outbox.length > 0 && this.#slot.send(this.#outbox[0] as Uint8Array))
      this.#outbox.shift();
    this.#wake();
  }

  /** Nothing comes or goes any more. The first reason stays. */
  end(error: MasqError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#outbox.length = 0;
    this.#wake();
  }

  send(frame: Uint8Array): void {
    if (this.#error !== undefined) return;
    this.#outbox.push(frame);
    this.flush();
  }

  /** The next frame, if it is here. */
  take(): Uint8Array | undefined {
    const frame = this.#inbox.shift();
    if (frame !== undefined) this.#slot.consume(frame.length);
    return frame;
  }

  /** Resolves when `take` has a frame; rejects with the reason of the end when there will be none. */
  arrival(): Promise<void> {
    return this.#until(() => this.#inbox.length > 0);
  }

  /** Resolves when everything has left; rejects when it did not in time, or no longer can. */
  flushed(boundMs: number): Promise<void> {
    return within(
      this.#clock,
      boundMs,
      this.#until(() => this.#outbox.length === 0 && this.#error === undefined),
    );
  }

  /** The next frame; rejects when there is none in time. */
  async next(boundMs: number): Promise<Uint8Array> {
    await within(this.#clock, boundMs, this.arrival());
    return this.take() as Uint8Array;
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const isOver = isSo();
        if (!isOver && this.#error === undefined) return;
        this.#waiting.delete(look);
        if (isOver) resolve();
        else reject(this.#error);
      };
      this.#waiting.add(look);
      look();
    });
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }
}
