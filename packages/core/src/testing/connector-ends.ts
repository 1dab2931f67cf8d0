/** Two devices with connectors, joined by relays in memory, each with a clock of its own that a test moves. */
import type { MessageChannel } from "../sync/peer-sync.ts";
import { PeerConnector } from "../connect/peer-connector.ts";
import type { PeerStatus, SessionOwner } from "../connect/options.ts";
import { compareBytes } from "../bytes/bytes.ts";
import { pairRoot } from "../channel/rendezvous.ts";
import { noblePeerPrimitives } from "../crypto/noble-peer.ts";
import type { DhKey } from "../crypto/primitives.ts";
import { softwareKey } from "../crypto/software-key.ts";
import type { Role } from "../noise/pattern.ts";
import { RelayLink } from "../relay/relay-link.ts";
import { manualClock, type ManualClock } from "./manual-clock.ts";
import { memoryRelay, type MemoryRelay } from "./memory-relay.ts";
import { seededRandom } from "./seeded-random.ts";
import { settled } from "./sim/timeline.ts";

/** Below the time after which a link that hears nothing takes its relay for dead. */
const STEP_MS = 4000;

/** What a device's owner has seen of one session. */
export class TestOwner implements SessionOwner {
  readonly channel: MessageChannel;
  readonly messages: Uint8Array[] = [];
  writables = 0;
  awaitsAnswer = false;
  isClosed = false;
  /** What `message` returns. */
  pace: (() => Promise<void>) | undefined;

  constructor(channel: MessageChannel) {
    this.channel = channel;
  }

  message(bytes: Uint8Array): void | Promise<void> {
    if (this.isClosed) throw new Error("a message after the end");
    this.messages.push(bytes);
    return this.pace?.();
  }

  writable(): void {
    if (this.isClosed) throw new Error("writable after the end");
    this.writables += 1;
  }

  closed(): void {
    if (this.isClosed) throw new Error("closed twice");
    this.isClosed = true;
  }
}

export interface ConnectorEnd {
  readonly name: "initiator" | "responder";
  readonly id: Uint8Array;
  readonly key: DhKey;
  readonly clock: ManualClock;
  readonly links: RelayLink[];
  readonly connector: PeerConnector;
  readonly statuses: PeerStatus[];
  /** One per session, in order. */
  readonly owners: TestOwner[];
  /** How often key exchanges of a handshake were computed. */
  readonly work: { kem: number };
  /** The latest session's; throws if there is none. */
  readonly owner: TestOwner;
  /** Another run of the same device, as after a restart: new links, a new connector, the same keys. */
  again(): ConnectorEnd;
}

export interface ConnectorWorld {
  readonly relays: MemoryRelay[];
  readonly initiator: ConnectorEnd;
  readonly responder: ConnectorEnd;
  readonly ends: readonly [ConnectorEnd, ConnectorEnd];
  readonly root: Uint8Array;
  /** Moves all clocks on, in steps that leave time for answers. */
  pass(ms: number, stepMs?: number): Promise<void>;
  /** Both have a session, and the initiator's first record has arrived. */
  readonly isConnected: boolean;
  close(): Promise<void>;
}

export interface ConnectorWorldOptions {
  readonly relays?: number;
  /** Whose own clock is off, in milliseconds. */
  readonly skewMs?: readonly [number, number];
  /** A wrong public key that the initiator takes for the responder's. */
  readonly wrongKey?: Uint8Array;
  /** Who speaks over each session instead of a TestOwner; `id` is that of the end, from `ids`. */
  readonly opened?: (channel: MessageChannel, id: Uint8Array, role: Role) => SessionOwner;
  readonly ids?: readonly [Uint8Array, Uint8Array];
  readonly windowBytes?: number;
  readonly seed?: number;
  /** Of the relays, when the world begins. */
  readonly unixSeconds?: number;
}

export const connectorWorld = async (
  options: ConnectorWorldOptions = {},
): Promise<ConnectorWorld> => {
  const { seed = 1, skewMs = [0, 0], windowBytes } = options;
  const random = seededRandom(seed);
  const worldClock = manualClock();
  const relays = Array.from({ length: options.relays ?? 1 }, () =>
    memoryRelay(worldClock, options.unixSeconds),
  );
  const ids = (options.ids ?? [random.bytes(32), random.bytes(32)]).toSorted(compareBytes);
  const keys = [0, 1].map(() => softwareKey(noblePeerPrimitives, random.bytes(32)));
  const endOf = (side: 0 | 1): ConnectorEnd => {
    const other = side === 0 ? 1 : 0;
    const name = side === 0 ? "initiator" : "responder";
    const ownRandom = seededRandom(random.int(2 ** 32));
    const clock = manualClock({
      now: 1_795_392_000_000 + skewMs[side],
      monotonic: 5_000_000 * side,
    });
    const host = { clock, random: (length: number) => ownRandom.bytes(length) };
    const statuses: PeerStatus[] = [];
    const owners: TestOwner[] = [];
    const work = { kem: 0 };
    const links = relays.map(
      (relay) =>
        new RelayLink({
          host,
          openSocket: relay.openSocket(name),
          url: "ws://127.0.0.1:1/",
          ...(windowBytes !== undefined && { windowBytes }),
        }),
    );
    const connector = new PeerConnector({
      host,
      crypto: {
        ...noblePeerPrimitives,
        kemGenerate: (seed) => {
          work.kem += 1;
          return noblePeerPrimitives.kemGenerate(seed);
        },
        kemEncapsulate: (publicKey, drawn) => {
          work.kem += 1;
          return noblePeerPrimitives.kemEncapsulate(publicKey, drawn);
        },
      },
      own: { id: ids[side] as Uint8Array, key: keys[side] as DhKey },
      remote: {
        id: ids[other] as Uint8Array,
        key: (side === 0 && options.wrongKey) || (keys[other] as DhKey).publicKey,
      },
      logHeads: () => new Uint8Array(32).fill(side + 1),
      opened: (channel, role) => {
        if (options.opened !== undefined)
          return options.opened(channel, ids[side] as Uint8Array, role);
        const owner = new TestOwner(channel);
        owners.push(owner);
        return owner;
      },
      onStatus: (status) => statuses.push(status),
    });
    links.forEach((link, index) => connector.addRelay(link, `relay ${index}`));
    const end: ConnectorEnd = {
      name,
      id: ids[side] as Uint8Array,
      key: keys[side] as DhKey,
      clock,
      links,
      connector,
      statuses,
      owners,
      work,
      get owner() {
        const owner = owners.at(-1);
        if (owner === undefined) throw new Error(`the ${name} has no session`);
        return owner;
      },
      again: () => endOf(side),
    };
    return end;
  };
  const ends = [endOf(0), endOf(1)] as const;
  await settled();
  return {
    relays,
    initiator: ends[0],
    responder: ends[1],
    ends,
    root: await pairRoot(noblePeerPrimitives, keys[0] as DhKey, (keys[1] as DhKey).publicKey),
    async pass(ms, stepMs = STEP_MS) {
      await settled();
      for (let passed = 0; passed < ms;) {
        const step = Math.min(stepMs, ms - passed);
        for (const clock of [worldClock, ends[0].clock, ends[1].clock]) clock.advance(step);
        passed += step;
        await settled();
      }
    },
    get isConnected() {
      return ends.every(({ connector }) => connector.status === "connected");
    },
    async close() {
      for (const { connector, links } of ends) {
        connector.close();
        for (const link of links) link.close();
      }
      await settled();
    },
  };
};
