/**
 * A disk that outlives its device's crashes, and the storage a running device has over it: what is not flushed is lost
 * with the device, a flush can fail, and everything takes its time.
 */
import { MasqError } from "../../errors.ts";
import { memoryStorage } from "../../memory-storage.ts";
import type { Change, Row, Storage, View } from "../../storage.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { MAPS } from "../storage-samples.ts";
import { CIRCLE } from "./sim-log.ts";
import type { Timeline } from "./timeline.ts";

export interface SimStorageOptions {
  readonly disk: Storage;
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  /** A point at which the device may crash; false if it is not running any more. */
  readonly effect: () => boolean;
  /** What becomes of the replica's own new versions on their way to the disk: a defect planted on purpose. */
  readonly alter?: ((row: Row) => Row) | undefined;
  /** One flush in so many fails. */
  readonly failsOneIn: number;
  /** A change is durable. */
  readonly flushed: (
    before: Awaited<ReturnType<Storage["state"]>>,
    change: Change<unknown>,
  ) => Promise<void>;
}

interface Waiting {
  readonly run: () => Promise<void>;
  readonly reject: (error: unknown) => void;
}

const MAX_FLUSH_MS = 12;
const MAX_READ_MS = 3;

export const simStorage = (options: SimStorageOptions): Storage => {
  const { disk, timeline, random, effect, alter, failsOneIn, flushed } = options;
  let queue: Waiting[] = [];

  const flush = async (): Promise<void> => {
    const group = queue;
    queue = [];
    if (!effect()) return;
    if (failsOneIn > 0 && random.int(failsOneIn) === 0) {
      for (const { reject } of group) {
        reject(new MasqError("MASQ_STORAGE_FULL", "The disk is full. Nothing was written."));
      }
      return;
    }
    for (const { run } of group) await run();
    // A crash here has all of it on the disk, and nobody was told.
    if (!effect()) return;
    for (const settle of settles.splice(0)) settle();
  };
  const settles: (() => void)[] = [];

  /** The answer is as of the beginning or of the end of the time it takes. */
  const read =
    <Arguments extends unknown[], Result>(ask: (...items: Arguments) => Promise<Result>) =>
    (...items: Arguments): Promise<Result> =>
      new Promise((resolve, reject) => {
        const early = random.int(2) === 0 ? ask(...items) : undefined;
        timeline.after(random.int(MAX_READ_MS), () => {
          (early ?? ask(...items)).then(resolve, reject);
        });
      });

  return {
    update: (namespace, reads, change) =>
      new Promise((resolve, reject) => {
        const run = async (): Promise<void> => {
          let before: View["state"];
          let answer: Change<unknown> | undefined;
          try {
            const result = await disk.update(namespace, reads, (view) => {
              before = view.state;
              const wanted = altered(change(view), view.state, alter);
              answer = wanted;
              return wanted;
            });
            settles.push(() => resolve(result));
          } catch (error) {
            settles.push(() => reject(error));
            return;
          }
          if (answer !== undefined && namespace === MAPS) await flushed(before, answer);
        };
        queue.push({ run, reject });
        if (queue.length === 1) timeline.after(random.int(MAX_FLUSH_MS), () => void flush());
      }),
    get: read((...items: Parameters<Storage["get"]>) => disk.get(...items)),
    list: read((...items: Parameters<Storage["list"]>) => disk.list(...items)),
    arrivals: read((...items: Parameters<Storage["arrivals"]>) => disk.arrivals(...items)),
    state: read((...items: Parameters<Storage["state"]>) => disk.state(...items)),
    note: read((...items: Parameters<Storage["note"]>) => disk.note(...items)),
    notes: read((...items: Parameters<Storage["notes"]>) => disk.notes(...items)),
    namespaces: read(() => disk.namespaces()),
    stat: () => disk.stat(),
    close: async () => {},
  };
};

const altered = <Result>(
  change: Change<Result>,
  before: View["state"],
  alter: SimStorageOptions["alter"],
): Change<Result> => {
  const { add, state } = change;
  if (alter === undefined || add === undefined || state === undefined) return change;
  const isNew = (row: Row): boolean =>
    row.replica === state.replica && row.counter > (before?.counter ?? 0);
  return { ...change, add: add.map((row) => (isNew(row) ? alter(row) : row)) };
};

/** A disk with the same on it. */
export const copyOfDisk = async (disk: Storage): Promise<Storage> => {
  const copy = memoryStorage();
  for (const namespace of [MAPS, CIRCLE]) {
    const state = await disk.state(namespace);
    const add = await disk.arrivals(namespace, 0, Infinity, Infinity);
    const notes = await disk.notes(namespace, "");
    const change = { add, notes, ...(state && { state }), result: undefined };
    await copy.update(namespace, {}, () => change);
  }
  return copy;
};
