/** What happened how often: the only thing the service keeps of anybody, and it is about nobody in particular. */

/** Why a socket was turned away before it was one, or ended by us: a word, or a close code. */
export type Occasion = string;

export class Counters {
  readonly #counts = new Map<Occasion, number>();
  #total = 0;

  add(occasion: Occasion): void {
    this.#counts.set(occasion, (this.#counts.get(occasion) ?? 0) + 1);
    this.#total += 1;
  }

  /** Of everything counted. */
  get total(): number {
    return this.#total;
  }

  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
