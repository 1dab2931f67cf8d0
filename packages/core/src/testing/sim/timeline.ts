/** Virtual time: a queue of what happens when. After each event everything it set off runs to its end, in the order promises have. */

/** Core declares no timers, since it must not use them; the simulator needs to know when all promises have settled. */
declare const setImmediate: (task: () => void) => unknown;

interface Event {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

export class Timeline {
  readonly #heap: Event[] = [];
  #now = 0;
  #order = 0;

  get now(): number {
    return this.#now;
  }

  get pending(): number {
    return this.#heap.length;
  }

  after(delayMs: number, task: () => void): void {
    const heap = this.#heap;
    heap.push({ at: this.#now + delayMs, order: this.#order++, task });
    for (let index = heap.length - 1; index > 0;) {
      const parent = (index - 1) >> 1;
      if (!isBefore(heap[index] as Event, heap[parent] as Event)) break;
      swap(heap, index, parent);
      index = parent;
    }
  }

  /** Runs the next event and all that follows from it at once; false when there is none. */
  async step(): Promise<boolean> {
    const event = this.#take();
    if (event === undefined) return false;
    this.#now = event.at;
    event.task();
    await settled();
    return true;
  }

  #take(): Event | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return first;
    heap[0] = last;
    for (let index = 0; ;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let least = index;
      if (left < heap.length && isBefore(heap[left] as Event, heap[least] as Event)) least = left;
      if (right < heap.length && isBefore(heap[right] as Event, heap[least] as Event))
        least = right;
      if (least === index) return first;
      swap(heap, index, least);
      index = least;
    }
  }
}

const isBefore = (a: Event, b: Event): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);

const swap = (heap: Event[], a: number, b: number): void => {
  const kept = heap[a] as Event;
  heap[a] = heap[b] as Event;
  heap[b] = kept;
};

/** Resolves when no promise has anything left to do. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => resolve()));
