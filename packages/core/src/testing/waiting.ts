/** Waiting for what a test expects to happen. The time limit only turns a wait without end into a failure that says what was missing. */

/** Core declares no timers, since it must not use them; a failure guard in a test may. */
declare const setTimeout: (task: () => void, delayMs: number) => unknown;
declare const clearTimeout: (timer: unknown) => void;

const GUARD_MS = 30_000;

/** What has come so far, and a way to wait until it satisfies a condition. */
export interface Collector<Item> {
  readonly items: readonly Item[];
  push(item: Item): void;
  /** Resolves with all items as soon as they satisfy `isEnough`. */
  until(isEnough: (items: readonly Item[]) => boolean, what: string): Promise<readonly Item[]>;
}

export const collector = <Item>(): Collector<Item> => {
  const items: Item[] = [];
  const checks = new Set<() => void>();
  return {
    items,
    push(item) {
      items.push(item);
      for (const check of checks) check();
    },
    until: (isEnough, what) =>
      new Promise((resolve, reject) => {
        const guard = setTimeout(() => {
          checks.delete(check);
          reject(new Error(`waited in vain for ${what}; ${items.length} came`));
        }, GUARD_MS);
        const check = (): void => {
          if (!isEnough(items)) return;
          checks.delete(check);
          clearTimeout(guard);
          resolve(items);
        };
        checks.add(check);
        check();
      }),
  };
};
