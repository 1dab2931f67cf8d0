/**
 * The dots of a client instance's recent writes. A client may write a key again before its first write is answered:
 * it then names that write, and the store knows which version it stands for, so that a client never makes siblings
 * of its own writes.
 */
import type { Dot } from "../data/dot.ts";

/** More than a client ever has under way. An older one is simply not found: then a sibling is kept, nothing is lost. */
const MAX_REMEMBERED = 4096;

export class OwnWrites {
  readonly #dotByKeyByNumber = new Map<number, ReadonlyMap<string, Dot>>();
  /** Stays at the oldest number: a new iterator would first have to walk over the places of all that were deleted. */
  readonly #oldest: Iterator<number, undefined> = this.#dotByKeyByNumber.keys();
  /** No lower number is remembered. */
  #lowest = 0;

  remember(number: number, keys: readonly string[], dots: readonly (Dot | undefined)[]): void {
    // A repeated write shows what the rows still show of it: what is remembered is not given up for less.
    const dotByKey = new Map<string, Dot>(this.#dotByKeyByNumber.get(number));
    keys.forEach((key, index) => {
      const dot = dots[index];
      if (dot !== undefined) dotByKey.set(key, dot);
    });
    this.#dotByKeyByNumber.set(number, dotByKey);
    if (this.#dotByKeyByNumber.size <= MAX_REMEMBERED) return;
    this.#dotByKeyByNumber.delete(this.#oldest.next().value as number);
  }

  /** The client has had the answers to all writes below `number`, so it will not name them any more. */
  forgetBelow(number: number): void {
    if (number - this.#lowest > MAX_REMEMBERED) this.#dotByKeyByNumber.clear();
    else for (let old = this.#lowest; old < number; old += 1) this.#dotByKeyByNumber.delete(old);
    this.#lowest = Math.max(this.#lowest, number);
  }

  /** A write that was not committed after all: its dots will be given to others. */
  forget(number: number): void {
    this.#dotByKeyByNumber.delete(number);
  }

  find(number: number, key: string): Dot | undefined {
    return this.#dotByKeyByNumber.get(number)?.get(key);
  }
}
