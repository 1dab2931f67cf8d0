/** First in, first out, in constant time: an array alone moves everything at each `shift` once it is long. */

/** Places in front that are empty before the rest is moved up. */
const MAX_EMPTY = 1024;

export class Queue<Item> {
  #items: (Item | undefined)[];
  #head = 0;

  constructor(items: Iterable<Item> = []) {
    this.#items = [...items];
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** The first item, which stays. */
  peek(): Item | undefined {
    return this.#items[this.#head];
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (this.length === 0) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > MAX_EMPTY && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
