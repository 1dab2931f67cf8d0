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

  remember(number: number, keys: readonly string[], dots: readonly (Dot | undefined)[]): void {
    const dotByKey = new Map<string, Dot>();
    keys.forEach((key, index) => {
      const dot = dots[index];
      if (dot !== undefined) dotByKey.set(key, dot);
    });
    this.#dotByKeyByNumber.set(number, dotByKey);
    if (this.#dotByKeyByNumber.size <= MAX_REMEMBERED) return;
    this.#dotByKeyByNumber.delete(this.#oldest.next().value as number);
  }

  /** A write that was not committed after all: its dots will be given to others. */
  forget(number: number): void {
    this.#dotByKeyByNumber.delete(number);
  }

  find(number: number, key: string): Dot | undefined {
    return this.#dotByKeyByNumber.get(number)?.get(key);
  }
}
