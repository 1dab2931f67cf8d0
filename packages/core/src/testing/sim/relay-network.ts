/**
 * Devices that meet as they do in earnest: connectors over relay links and the end-to-end channel, joined by relays in
 * memory. Frames are slow; connections are lost, or go dead without a word; relays restart, with another clock, and cannot be
 * reached by some or by all.
 */
import { PeerConnector } from "../../connect/peer-connector.ts";
import type { DhKey } from "../../crypto/primitives.ts";
import { softwareKey } from "../../crypto/software-key.ts";
import type { Host, OpenSocket } from "../../host.ts";
import { RelayLink } from "../../relay/relay-link.ts";
import { memoryRelay, type MemoryRelay } from "../memory-relay.ts";
import { quickPrimitives } from "./quick-crypto.ts";
import type { SimDevice } from "./sim-device.ts";
import type { SimNetwork, SimNetworkOptions } from "./sim-network.ts";
import { SlowSocket } from "./slow-socket.ts";

const START_MS = 20;
const YEAR_SECONDS = 365 * 24 * 3600;

export class RelayNetwork implements SimNetwork {
  readonly isEndless = true;
  // A session takes some thirty frames to stand.
  readonly pace = 120;
  readonly #options: SimNetworkOptions;
  readonly #relays: readonly MemoryRelay[];
  readonly #keyByDevice: ReadonlyMap<SimDevice, DhKey>;
  /** What a device cannot reach. */
  readonly #blocked = new Map<SimDevice, Set<MemoryRelay>>();

  constructor(options: SimNetworkOptions, relays: number) {
    const { timeline, random, devices } = options;
    this.#options = options;
    const clock = {
      now: () => timeline.now,
      monotonic: () => timeline.now,
      setTimer: () => () => {},
    };
    this.#relays = Array.from({ length: relays }, () => memoryRelay(clock));
    this.#keyByDevice = new Map(
      devices.map((device) => [device, softwareKey(quickPrimitives, random.bytes(32))]),
    );
  }

  started(devices: readonly SimDevice[]): void {
    for (const device of devices) this.#connectLater(device);
  }

  disturb(): void {
    const { random, devices } = this.#options;
    const device = random.pick(devices);
    const relay = random.pick(this.#relays);
    const choice = random.int(10);
    if (choice < 3) relay.cut(device.name);
    else if (choice < 5) relay.freeze(device.name);
    else if (choice < 8) this.#toggle(device, relay);
    else {
      relay.isReachable = !relay.isReachable;
      relay.unixSeconds += (random.int(7) - 3) * YEAR_SECONDS;
      relay.cut();
    }
  }

  mend(): void {
    this.#blocked.clear();
    for (const relay of this.#relays) relay.isReachable = true;
  }

  #toggle(device: SimDevice, relay: MemoryRelay): void {
    const blocked = this.#blocked.get(device) ?? new Set();
    this.#blocked.set(device, blocked);
    if (blocked.delete(relay)) return;
    blocked.add(relay);
    relay.cut(device.name);
  }

  #connectLater(device: SimDevice): void {
    const { timeline, random } = this.#options;
    timeline.after(1 + random.int(START_MS), () => {
      const { host, isReady, isRunning } = device;
      if (isReady && host !== undefined) this.#connect(device, host);
      else if (isRunning) this.#connectLater(device);
    });
  }

  #connect(device: SimDevice, host: Host): void {
    const { devices, graph, ended } = this.#options;
    const sockets = new Set<SlowSocket>();
    const links = this.#relays.map(
      (relay, place) =>
        new RelayLink({
          host,
          openSocket: this.#opener(device, relay, sockets),
          url: `ws://127.0.0.1:${place + 1}/`,
        }),
    );
    const keyOf = (one: SimDevice): DhKey => this.#keyByDevice.get(one) as DhKey;
    const peers = graph
      .map((pair) => pair.map((place) => devices[place] as SimDevice))
      .filter((pair) => pair.includes(device))
      .map((pair) => pair.find((one) => one !== device) as SimDevice);
    const connectors = peers.map((peer) => {
      const connector = new PeerConnector({
        host,
        crypto: quickPrimitives,
        own: { id: device.id, key: keyOf(device) },
        remote: { id: peer.id, key: keyOf(peer).publicKey },
        logHeads: () => device.headsHash,
        opened: (channel, role) => {
          const session = device.session(channel, peer, role === "responder", ended);
          if (session === undefined) throw new Error("the device has crashed");
          return session;
        },
      });
      for (const [place, link] of links.entries()) connector.addRelay(link, `relay ${place}`);
      return connector;
    });
    device.reachedBy({
      cut: () => sockets.forEach((socket) => socket.die()),
      restart: () => connectors.forEach((connector) => connector.restart()),
    });
  }

  #opener(device: SimDevice, relay: MemoryRelay, sockets: Set<SlowSocket>): OpenSocket {
    const { timeline, random } = this.#options;
    const { effect } = device;
    const open = relay.openSocket(device.name);
    return async (url, options) => {
      if (this.#blocked.get(device)?.has(relay) === true) throw new Error("no way there");
      const socket = new SlowSocket(await open(url, options), timeline, random, effect);
      sockets.add(socket);
      return socket;
    };
  }
}
