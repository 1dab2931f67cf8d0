/**
 * A seeded random life of a few devices that try to lose each other's data: writes on the same keys, links that are cut
 * with whatever is on them, crashes between any two side effects, failing disks, clocks that are years wrong, devices
 * that are wiped and begin anew. Then everything is left in peace and the promises are checked. The same seed always
 * gives the same life.
 */
import { toHex } from "../../bytes/bytes.ts";
import { EMPTY_DIGEST } from "../../data/digest.ts";
import type { Operation } from "../../replica/commit.ts";
import { succeedAll } from "../../replica/succession.ts";
import type { Row, Storage } from "../../storage.ts";
import type { Table } from "../../sync/namespace-sync.ts";
import { seededRandom, type SeededRandom } from "../seeded-random.ts";
import { MAPS, showRow } from "../storage-samples.ts";
import { BrokenPromise, History } from "./history.ts";
import { SimDevice, type SimWorld } from "./sim-device.ts";
import { SimConnection } from "./sim-link.ts";
import { Timeline } from "./timeline.ts";

export interface SimulationOptions {
  readonly seed: number;
  /** Things done to the devices before they are left in peace. */
  readonly steps?: number;
  /** Disks lose and change rows behind everybody's back. */
  readonly isDamaging?: boolean;
  /** Disks are put back to an older copy: in a new file, which their devices notice, or where they were. */
  readonly putsBack?: "in a new file" | "unnoticed" | undefined;
  /** Another table of transitions, to show that a broken rule is found. */
  readonly table?: Table;
  /** What becomes of a replica's own new versions on their way to the disk: likewise. */
  readonly alter?: (row: Row) => Row;
  /** What a device does that notices that its disk was put back: likewise. */
  readonly succeedAll?: typeof succeedAll;
}

export interface SimulationResult {
  readonly events: number;
  readonly writes: number;
  readonly crashes: number;
  readonly wipes: number;
  readonly putBacks: number;
}

type Graph = readonly (readonly [number, number])[];

/** Line (its ends never meet), triangle, star, pair. */
const GRAPHS: readonly Graph[] = [
  [
    [0, 1],
    [1, 2],
  ],
  [
    [0, 1],
    [1, 2],
    [0, 2],
  ],
  [
    [0, 1],
    [0, 2],
    [0, 3],
  ],
  [[0, 1]],
];

const KEYS = ["a", "b", "c", "d", "e"];
const DEFAULT_STEPS = 40;
const MAX_EVENTS = 30_000;
const RECONNECT_MS = 40;

class Simulation {
  readonly #random: SeededRandom;
  readonly #timeline = new Timeline();
  readonly #history = new History();
  readonly #devices: SimDevice[];
  readonly #graph: Graph;
  /** Links that may be used, by their place in the graph. */
  readonly #isUp: boolean[];
  readonly #isConnected: boolean[];
  readonly #options: SimulationOptions;
  #error: unknown;
  #events = 0;
  #crashes = 0;
  #wipes = 0;
  #putBacks = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#graph = this.#random.pick(GRAPHS);
    const world: SimWorld = {
      timeline: this.#timeline,
      random: this.#random,
      history: this.#history,
      table: options.table,
      alter: options.alter,
      succeedAll: options.succeedAll ?? succeedAll,
      noticesCopies: options.putsBack === "in a new file",
      report: (error) => {
        this.#error ??= error;
      },
    };
    const count = Math.max(...this.#graph.flat()) + 1;
    this.#devices = Array.from(
      { length: count },
      (_, index) => new SimDevice(`device ${index}`, world),
    );
    // In some lives all know each other before anything is written.
    const isAcquainted = this.#random.int(2) === 0;
    this.#isUp = this.#graph.map(() => isAcquainted || this.#random.int(2) === 0);
    this.#isConnected = this.#graph.map(() => false);
  }

  async run(): Promise<SimulationResult> {
    for (const device of this.#devices) device.start();
    for (const index of this.#graph.keys()) this.#connectLater(index);
    for (let step = 0; step < (this.#options.steps ?? DEFAULT_STEPS); step += 1) {
      await this.#act();
      await this.#live(this.#random.int(12));
    }
    await this.#calm();
    await this.#check();
    return {
      events: this.#events,
      writes: this.#history.writes.size,
      crashes: this.#crashes,
      wipes: this.#wipes,
      putBacks: this.#putBacks,
    };
  }

  async #live(events: number): Promise<void> {
    for (let count = 0; count < events && (await this.#timeline.step()); count += 1) this.#count();
    if (this.#error !== undefined) throw this.#error;
  }

  #count(): void {
    this.#events += 1;
    if (this.#events > MAX_EVENTS) throw new BrokenPromise("the devices never come to rest");
  }

  async #act(): Promise<void> {
    const random = this.#random;
    const device = random.pick(this.#devices);
    if (this.#options.putsBack !== undefined && random.int(8) === 0) {
      if (device.copy === undefined) return device.keepCopy();
      this.#putBacks += 1;
      device.putBack();
      return this.#restartLater();
    }
    const choice = random.int(100);
    if (choice < 50) void device.write(this.#operations(device));
    else if (choice < 52) void device.speak();
    else if (choice < 60) void device.look(random.pick(KEYS));
    else if (choice < 78) this.#toggle(random.int(this.#graph.length));
    else if (choice < 86) device.effectsLeft = 1 + random.int(12);
    else if (choice < 90) device.turnClock();
    else if (choice < 93) device.failsOneIn = random.int(2) * 8;
    else if (choice < 95) {
      this.#wipes += 1;
      device.wipe();
    } else if (choice < 98 && this.#options.isDamaging === true) await device.damage();
    else device.crash();
    this.#restartLater();
  }

  #operations(device: SimDevice): Operation[] {
    const random = this.#random;
    const count = random.int(3) === 0 ? 2 + random.int(3) : 1;
    return Array.from({ length: count }, () => {
      const key = random.pick(KEYS);
      const seen = random.int(3) === 0 ? device.seen(key) : undefined;
      return { key, value: random.int(3) === 0 ? null : random.bytes(1 + random.int(3)), seen };
    });
  }

  #toggle(index: number): void {
    this.#isUp[index] = this.#isUp[index] !== true;
    if (this.#isUp[index] === true) this.#connectLater(index);
    else this.#connectionsOf(index).forEach((connection) => connection.cut());
  }

  #ends(index: number): [SimDevice, SimDevice] {
    const [a, b] = this.#graph[index] as readonly [number, number];
    return [this.#devices[a] as SimDevice, this.#devices[b] as SimDevice];
  }

  #connectionsOf(index: number): SimConnection[] {
    const [a, b] = this.#ends(index);
    return [...a.connections].filter((connection) => b.connections.has(connection));
  }

  #restartLater(): void {
    for (const device of this.#devices) {
      if (device.isRunning || this.#restarting.has(device)) continue;
      this.#crashes += 1;
      this.#restarting.add(device);
      this.#timeline.after(this.#random.int(100), () => {
        this.#restarting.delete(device);
        device.start();
        for (const [index, pair] of this.#graph.entries()) {
          if (pair.some((place) => this.#devices[place] === device)) this.#connectLater(index);
        }
      });
    }
  }

  readonly #restarting = new Set<SimDevice>();

  #connectLater(index: number): void {
    this.#timeline.after(this.#random.int(RECONNECT_MS), () => this.#connect(index));
  }

  #connect(index: number): void {
    const ends = this.#ends(index);
    const canMeet = ends.every(({ isRunning }) => isRunning) && this.#isUp[index] === true;
    if (!canMeet || this.#isConnected[index] === true) return;
    if (!ends.every(({ isReady }) => isReady)) {
      this.#connectLater(index);
      return;
    }
    this.#isConnected[index] = true;
    const effects = ends.map(({ effect }) => effect);
    const connection = new SimConnection(this.#timeline, this.#random, effects);
    let open = 2;
    const over = (error?: { readonly code: string }): void => {
      if (error !== undefined && !ALLOWED.has(error.code)) this.#error ??= error;
      connection.cut();
    };
    connection.onCut = () => {
      open -= 1;
      if (open > 0) return;
      this.#isConnected[index] = false;
      this.#restartLater();
      this.#connectLater(index);
    };
    ends[0].connect(connection, 0, ends[1], over);
    ends[1].connect(connection, 1, ends[0], over);
    // One of them may have crashed over its first message.
    if (!ends.every(({ isRunning }) => isRunning)) connection.cut();
  }

  /** Everything works from now on, until there is nothing left to do. */
  async #calm(): Promise<void> {
    for (const device of this.#devices) {
      device.effectsLeft = Infinity;
      device.failsOneIn = 0;
      // The option is read at the start: a disk that fails now and then is replaced by a restart.
      device.crash();
    }
    this.#restartLater();
    for (const index of this.#graph.keys()) {
      this.#isUp[index] = true;
      this.#connectLater(index);
    }
    while (await this.#timeline.step()) {
      this.#count();
      if (this.#error !== undefined) throw this.#error;
    }
  }

  async #check(): Promise<void> {
    const disks = this.#devices.map(({ disk }) => disk);
    const all = await Promise.all(disks.map((disk) => disk.arrivals(MAPS, 0, Infinity, Infinity)));
    // Nobody can miss a tombstone that was lost unnoticed: only what is visible must agree then.
    const { isSure } = this.#history;
    const shown = all.map((rows) =>
      showContents(isSure ? rows : rows.filter(({ value }) => value !== null)),
    );
    const digests = await Promise.all(disks.map(digestOf));
    for (const [place, device] of this.#devices.entries()) {
      if (shown[place] !== shown[0]) {
        throw new BrokenPromise(
          `${device.name} holds\n${shown[place]}\nand device 0 holds\n${shown[0]}`,
        );
      }
      if (digests[place] !== digests[0]) throw new BrokenPromise("the digests differ");
    }
    const [heads, ...others] = this.#devices.map(({ log }) =>
      toHex(log?.headsHash ?? EMPTY_DIGEST),
    );
    if (others.some((other) => other !== heads)) throw new BrokenPromise("the device logs differ");
    this.#history.checkOutcome(all.flat(), disks);
    for (const index of this.#graph.keys()) {
      const [a, b] = this.#ends(index);
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        const { verified, toSend } = from.statusTo(to);
        if (!verified) throw new BrokenPromise(`${from.name} has not verified ${to.name}`);
        if (toSend !== 0)
          throw new BrokenPromise(`${from.name} still has ${toSend} for ${to.name}`);
      }
    }
  }
}

/** What may end a session in a world without malice. */
const ALLOWED: ReadonlySet<string> = new Set(["MASQ_STORAGE_FULL"]);

const digestOf = async (disk: Storage): Promise<string> =>
  toHex((await disk.state(MAPS))?.digest ?? new Uint8Array());

/** Dots and values, without what is a replica's own. */
const showContents = (rows: readonly Row[]): string =>
  rows
    .map((row) => showRow({ ...row, arrival: 0, stamp: new Uint8Array() }))
    .toSorted()
    .join("\n");

/** Throws when a promise is broken; the message says how to see it again. */
export const simulate = async (options: SimulationOptions): Promise<SimulationResult> => {
  try {
    return await new Simulation(options).run();
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const replay = `MASQ_TEST_SEED=${options.seed} npx vitest run --project unit packages/core/src/testing/sim`;
    throw new Error(`seed ${options.seed}: ${what}\nTo see it again: ${replay}`, { cause: error });
  }
};
