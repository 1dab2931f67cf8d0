/**
 * The dots of a client instance's recent writes. A client may write a key again before its first write is answered:
 * it then names that write, and the store knows which version it stands for, so that a client never makes siblings
 * of its own writes.
 */
import type { Dot } from "../data/dot.ts";

/** More than a client ever has under way. An older one is simply not found: then a sibling is kept, nothing is lost. */
const MAX_REMEMBERED = 4096;

interface Remembered {
  readonly number: number;
  readonly dotByKey: ReadonlyMap<string, Dot>;
}

export class OwnWrites {
  /**
   * Each number has one place, shared with those a round away, so that the newest displaces the oldest by itself. Not a
   * queue with an iterator kept at its oldest end: V8 keeps every former table of a Map for an iterator that rests.
   */
  readonly #rememberedByPlace = new Map<number, Remembered>();
  /** No lower number is remembered. */
  #lowest = 0;

  remember(number: number, keys: readonly string[], dots: readonly (Dot | undefined)[]): void {
    // A repeated write shows what the rows still show of it: what is remembered is not given up for less.
    const dotByKey = new Map<string, Dot>(this.#remembered(number)?.dotByKey);
    keys.forEach((key, index) => {
      const dot = dots[index];
      if (dot !== undefined) dotByKey.set(key, dot);
    });
    this.#rememberedByPlace.set(number % MAX_REMEMBERED, { number, dotByKey });
  }

  /** The client has had the answers to all writes below `number`, so it will not name them any more. */
  forgetBelow(number: number): void {
    const first = Math.max(this.#lowest, number - MAX_REMEMBERED);
    for (let old = first; old < number; old += 1) {
      const place = old % MAX_REMEMBERED;
      const held = this.#rememberedByPlace.get(place);
      if (held !== undefined && held.number < number) this.#rememberedByPlace.delete(place);
    }
    this.#lowest = Math.max(this.#lowest, number);
  }

  /** A write that was not committed after all: its dots will be given to others. */
  forget(number: number): void {
    if (this.#remembered(number) !== undefined)
      this.#rememberedByPlace.delete(number % MAX_REMEMBERED);
  }

  find(number: number, key: string): Dot | undefined {
    return this.#remembered(number)?.dotByKey.get(key);
  }

  #remembered(number: number): Remembered | undefined {
    const held = this.#rememberedByPlace.get(number % MAX_REMEMBERED);
    return held?.number === number ? held : undefined;
  }
}
