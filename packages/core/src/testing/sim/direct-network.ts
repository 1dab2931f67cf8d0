/** Devices joined two by two, each pair by a connection that stands in for relay and channel. */
import { SimConnection } from "./sim-link.ts";
import type { SimDevice } from "./sim-device.ts";
import type { SimNetwork, SimNetworkOptions } from "./sim-network.ts";

const RECONNECT_MS = 40;

export class DirectNetwork implements SimNetwork {
  readonly isEndless = false;
  readonly pace = 12;
  readonly #options: SimNetworkOptions;
  /** Links that may be used, by their place in the graph. */
  readonly #isUp: boolean[];
  readonly #connections = new Map<number, SimConnection>();

  constructor(options: SimNetworkOptions) {
    const { graph, random } = options;
    this.#options = options;
    // In some lives all know each other before anything is written.
    const isAcquainted = random.int(2) === 0;
    this.#isUp = graph.map(() => isAcquainted || random.int(2) === 0);
  }

  started(started: readonly SimDevice[]): void {
    const { graph, devices } = this.#options;
    for (const [index, pair] of graph.entries()) {
      const ends = pair.map((place) => devices[place] as SimDevice);
      if (ends.some((device) => started.includes(device))) this.#connectLater(index);
    }
  }

  disturb(): void {
    const { graph, random } = this.#options;
    const index = random.int(graph.length);
    this.#isUp[index] = this.#isUp[index] !== true;
    if (this.#isUp[index] === true) this.#connectLater(index);
    else this.#connections.get(index)?.cut();
  }

  mend(): void {
    for (const index of this.#options.graph.keys()) {
      this.#isUp[index] = true;
      this.#connectLater(index);
    }
  }

  #connectLater(index: number): void {
    const { timeline, random } = this.#options;
    timeline.after(random.int(RECONNECT_MS), () => this.#connect(index));
  }

  #connect(index: number): void {
    const { timeline, random, devices, graph, ended } = this.#options;
    const ends = (graph[index] ?? []).map((place) => devices[place] as SimDevice) as [
      SimDevice,
      SimDevice,
    ];
    const canMeet = ends.every(({ isRunning }) => isRunning) && this.#isUp[index] === true;
    if (!canMeet || this.#connections.has(index)) return;
    if (!ends.every(({ isReady }) => isReady)) return this.#connectLater(index);
    const effects = ends.map(({ effect }) => effect);
    const connection = new SimConnection(timeline, random, effects);
    this.#connections.set(index, connection);
    let open = 2;
    connection.onCut = () => {
      open -= 1;
      if (open > 0) return;
      this.#connections.delete(index);
      ended(undefined);
      this.#connectLater(index);
    };
    for (const side of [0, 1] as const) {
      const channel = connection.channels[side];
      const session = ends[side].session(channel, ends[side === 0 ? 1 : 0], side === 1, (error) => {
        if (error !== undefined) ended(error);
      });
      if (session !== undefined) connection.attach(side, session);
      ends[side].reachedBy(connection);
    }
    // One of them may have crashed over its first message.
    if (!ends.every(({ isRunning }) => isRunning)) connection.cut();
  }
}
