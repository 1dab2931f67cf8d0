/** What the page of the storage tests has: the storage itself and the acceptance suite. Bundled, and driven from outside. */
import { noblePrimitives, type Host, type Storage } from "@masq/core";
import { MAPS, sampleRow, sampleState, storageCases } from "@masq/core/testing";
import {
  type IndexedDbStorage,
  openIndexedDbStorage,
} from "../../packages/client/src/peer-mode/indexed-db/index.ts";

export const host: Pick<Host, "clock" | "random" | "crypto"> = {
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    setTimer(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  },
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  crypto: noblePrimitives,
};

/** Every look at the clock says that a task has taken too long: each row is written in one of its own. */
const hurried: typeof host = {
  ...host,
  clock: { ...host.clock, monotonic: () => (looks += 1000) },
};
let looks = 0;

let names = 0;

const page = {
  storage: undefined as IndexedDbStorage | undefined,

  /** Runs one case of the suite; rejects as it does. */
  async runCase(name: string): Promise<void> {
    const found = storageCases.find((one) => one.name === name);
    if (found === undefined) throw new Error(`There is no case ${name}.`);
    for (const given of [host, hurried]) {
      const database = `case ${(names += 1)}`;
      const open = (): Promise<Storage> => openIndexedDbStorage({ name: database, host: given });
      await found.run(() => ({ open, reopen: open }));
    }
  },

  /** Opens the storage the other functions use. */
  async open(name: string): Promise<{ isNew: boolean; birth: string }> {
    this.storage = await openIndexedDbStorage({ name, host });
    return { isNew: this.storage.isNew, birth: this.storage.birth };
  },

  /** Adds one to a counter so many times, three in a turn; returns what it was each time. */
  async count(times: number): Promise<number[]> {
    const storage = this.storage as IndexedDbStorage;
    const counted: number[] = [];
    for (let turn = 0; turn < times; turn += 3) {
      const calls = [1, 2, 3].map(() =>
        storage.update(MAPS, { keys: ["k"] }, (view) => {
          const counter = (view.state?.counter ?? 0) + 1;
          const add = [sampleRow("k", counter)];
          return { remove: view.rows("k"), add, state: sampleState(counter), result: counter };
        }),
      );
      counted.push(...(await Promise.all(calls)));
    }
    return counted;
  },

  /** One row, with a value of so many random bytes, which no disk can make smaller; returns the code of its refusal. */
  async add(arrival: number, bytes = 10): Promise<string> {
    const value = new Uint8Array(bytes);
    for (let start = 0; start < bytes; start += 65_536) {
      crypto.getRandomValues(value.subarray(start, start + 65_536));
    }
    const storage = this.storage as IndexedDbStorage;
    try {
      await storage.update(MAPS, {}, () => ({
        add: [sampleRow(`key ${arrival}`, arrival, { value })],
        state: sampleState(arrival),
        result: undefined,
      }));
      return "kept";
    } catch (error) {
      return String((error as { code?: string }).code ?? error);
    }
  },

  /** The arrival numbers that are there, or the code of the refusal. */
  async arrivals(): Promise<number[] | string> {
    try {
      const rows = await (this.storage as IndexedDbStorage).arrivals(MAPS, 0, Infinity, Infinity);
      return rows.map(({ arrival }) => arrival);
    } catch (error) {
      return String((error as { code?: string }).code ?? error);
    }
  },

  /** Adds rows one after the other for ever, telling of each when it is durable. */
  async write(tell: (arrival: number) => void): Promise<void> {
    for (let arrival = 1; ; arrival += 1) {
      if ((await this.add(arrival)) === "kept") tell(arrival);
    }
  },

  stat: () => (page.storage as IndexedDbStorage).stat(),

  /** Opens the database with a later version, as the next version of the app would; true when it had to wait. */
  upgrade: (name: string): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open(name, 1000);
      let isBlocked = false;
      request.addEventListener("blocked", () => (isBlocked = true));
      request.addEventListener("error", () => reject(request.error));
      request.addEventListener("success", () => {
        request.result.close();
        resolve(isBlocked);
      });
    }),
};

export type StoragePage = typeof page;

Object.assign(globalThis, { storagePage: page });
