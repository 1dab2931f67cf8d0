/**
 * A seeded random life of a few devices that try to lose each other's data: writes on the same keys, links that are cut
 * with whatever is on them, crashes between any two side effects, failing disks, disks put back to an older copy, clocks that
 * are years wrong, devices that are wiped and begin anew. Then everything is left in peace and the promises are checked. The
 * same seed always gives the same life.
 */
import { toHex } from "../../bytes/bytes.ts";
import type { MasqError } from "../../errors.ts";
import type { Operation } from "../../replica/commit.ts";
import { succeedAll } from "../../replica/succession.ts";
import type { Row, Storage } from "../../storage.ts";
import type { Table } from "../../sync/namespace-sync.ts";
import { seededRandom, type SeededRandom } from "../seeded-random.ts";
import { MAPS, showRow } from "../storage-samples.ts";
import { DirectNetwork } from "./direct-network.ts";
import { BrokenPromise, History } from "./history.ts";
import { RelayNetwork } from "./relay-network.ts";
import { SimDevice, type SimWorld } from "./sim-device.ts";
import type { Graph, SimNetwork } from "./sim-network.ts";
import { Timeline } from "./timeline.ts";

export interface SimulationOptions {
  readonly seed: number;
  /** Things done to the devices before they are left in peace. */
  readonly steps?: number;
  /** Disks lose and change rows behind everybody's back. */
  readonly isDamaging?: boolean;
  /** Disks are put back to an older copy: in a new file, which their devices notice, or where they were. */
  readonly putsBack?: "in a new file" | "unnoticed" | undefined;
  /** So many relays are what the devices meet over, by their real connectors; without it connections stand in for both. */
  readonly relays?: number | undefined;
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
  /** Each counted by both devices. */
  readonly sessions: number;
}

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

class Simulation {
  readonly #random: SeededRandom;
  readonly #timeline = new Timeline();
  readonly #history = new History();
  readonly #devices: SimDevice[];
  readonly #graph: Graph;
  readonly #network: SimNetwork;
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
    const network = {
      timeline: this.#timeline,
      random: this.#random,
      devices: this.#devices,
      graph: this.#graph,
      ended: (error: MasqError | undefined) => {
        if (error === undefined) this.#restartLater();
        else if (!ALLOWED.has(error.code)) this.#error ??= error;
      },
    };
    this.#network =
      options.relays === undefined
        ? new DirectNetwork(network)
        : new RelayNetwork(network, options.relays);
  }

  async run(): Promise<SimulationResult> {
    for (const device of this.#devices) device.start();
    this.#network.started(this.#devices);
    for (let step = 0; step < (this.#options.steps ?? DEFAULT_STEPS); step += 1) {
      await this.#act();
      await this.#live(this.#random.int(this.#network.pace));
    }
    await this.#calm();
    await this.#check();
    return {
      events: this.#events,
      writes: this.#history.writes.size,
      crashes: this.#crashes,
      wipes: this.#wipes,
      putBacks: this.#putBacks,
      sessions: this.#devices.reduce((sum, { sessions }) => sum + sessions, 0),
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
    else if (choice < 78) this.#network.disturb();
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

  #restartLater(): void {
    for (const device of this.#devices) {
      if (device.isRunning || this.#restarting.has(device)) continue;
      this.#crashes += 1;
      this.#restarting.add(device);
      this.#timeline.after(this.#random.int(100), () => {
        this.#restarting.delete(device);
        device.start();
        this.#network.started([device]);
      });
    }
  }

  readonly #restarting = new Set<SimDevice>();

  /** Everything works from now on, until there is nothing left to do. */
  async #calm(): Promise<void> {
    for (const device of this.#devices) {
      device.effectsLeft = Infinity;
      device.failsOneIn = 0;
      // The option is read at the start: a disk that fails now and then is replaced by a restart.
      device.crash();
    }
    this.#restartLater();
    this.#network.mend();
    while (!this.#isAtRest() && (await this.#timeline.step())) {
      this.#count();
      if (this.#error !== undefined) throw this.#error;
    }
  }

  #isAtRest(): boolean {
    return this.#network.isEndless && this.#pairs().every(isDone) && this.#haveSameLog();
  }

  #haveSameLog(): boolean {
    return new Set(this.#devices.map(({ headsHash }) => toHex(headsHash))).size === 1;
  }

  /** Each device with each that it meets. */
  #pairs(): [SimDevice, SimDevice][] {
    return this.#graph.flatMap(([a, b]): [SimDevice, SimDevice][] => {
      const ends = [this.#devices[a], this.#devices[b]] as [SimDevice, SimDevice];
      return [ends, [ends[1], ends[0]]];
    });
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
    if (!this.#haveSameLog()) throw new BrokenPromise("the device logs differ");
    this.#history.checkOutcome(all.flat(), disks);
    for (const pair of this.#pairs()) {
      const [from, to] = pair;
      if (!isDone(pair)) throw new BrokenPromise(`${from.name} has not verified ${to.name}`);
    }
  }
}

const isDone = ([from, to]: readonly [SimDevice, SimDevice]): boolean => {
  const { verified, toSend } = from.statusTo(to);
  return verified && toSend === 0;
};

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
