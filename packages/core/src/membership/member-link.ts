/** This device's side of its relation with one other member: the secure session, what is synchronised over it, when it was last there. */
import { fromHex } from "../bytes/bytes.ts";
import type { LogBook } from "../circle/log-book.ts";
import type { Member } from "../circle/device-log.ts";
import { PeerConnector } from "../connect/peer-connector.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import type { DeviceId, NamespaceId } from "../data/ids.ts";
import type { MasqError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { Role } from "../noise/pattern.ts";
import type { NamespaceStatus } from "../sync/namespace-runner.ts";
import type { RelayLink } from "../relay/relay-link.ts";
import { PeerSync, type MessageChannel } from "../sync/peer-sync.ts";
import type { SyncNamespace } from "../sync/sync-namespace.ts";
import type { DeviceKeys } from "./device-keys.ts";
import type { LastSeen, Seen } from "./last-seen.ts";
import { LOCAL_RELAY_NAME, type RelayPool } from "./relay-pool.ts";

/** What all links of a membership have in common. */
export interface MemberLinkContext {
  readonly host: Host;
  readonly crypto: PeerPrimitives;
  readonly keys: DeviceKeys;
  readonly book: LogBook;
  readonly pool: RelayPool;
  readonly lastSeen: LastSeen;
  readonly namespaces: () => Promise<readonly NamespaceId[]>;
  readonly shares: (namespace: NamespaceId, device: DeviceId) => boolean;
  readonly open: (namespace: NamespaceId) => Promise<SyncNamespace>;
  /** Something of the status differs. */
  readonly changed: () => void;
  /** A session ended by a fault, ours or theirs. */
  readonly failed: (device: DeviceId, error: MasqError) => void;
  /** Another device knows of more writes of our replica than it does. */
  readonly outrun: (namespace: NamespaceId) => void;
  /** Damage was found and kept: one version with two values. */
  readonly rewritten: (namespace: NamespaceId, count: number) => void;
}

/** How far two devices are, over all namespaces they share. */
export interface MemberStatus extends Seen {
  readonly isConnected: boolean;
  /** Versions, about; undefined while unknown. */
  readonly toSend: number | undefined;
  readonly toReceive: number | undefined;
  /** Since when both are known to hold the same, in wall time; undefined while they are not. */
  readonly verifiedSince: number | undefined;
  /** Both know the same writes and hold something different: a repair is on its way, or was given up. */
  readonly isMismatched: boolean;
  /** Why the last session ended that a fault did end, until both hold the same again; undefined if none did. */
  readonly lastFault: Fault | undefined;
  readonly namespaces: ReadonlyMap<NamespaceId, NamespaceStatus>;
}

/** A session ended by it, at a wall time in milliseconds since 1970. */
export interface Fault {
  readonly error: MasqError;
  readonly at: number;
}

const NOTHING: ReadonlyMap<NamespaceId, NamespaceStatus> = new Map();

export class MemberLink {
  readonly #device: DeviceId;
  readonly #context: MemberLinkContext;
  readonly #connector: PeerConnector;
  readonly #relayByUrl = new Map<string, RelayLink>();
  #sync: PeerSync | undefined;
  #lastFault: Fault | undefined;

  constructor({ record }: Member, context: MemberLinkContext) {
    this.#device = record.id;
    this.#context = context;
    const { host, crypto, keys, book } = context;
    this.#connector = new PeerConnector({
      host,
      crypto,
      own: { id: fromHex(keys.id), key: keys.channelKey },
      remote: { id: fromHex(record.id), key: record.channelKey },
      logHeads: () => book.headsHash,
      opened: (channel, role) => this.#opened(channel, role),
      isAt: (relay) => {
        const { lastSeen, changed } = this.#context;
        if (relay === LOCAL_RELAY_NAME && lastSeen.metHere(this.#device)) changed();
      },
    });
  }

  /** Meets the member at exactly these relays from now on: their addresses, and the names both devices know them by. */
  meetAt(nameByUrl: ReadonlyMap<string, string>): void {
    for (const [url, name] of nameByUrl) {
      if (this.#relayByUrl.has(url)) continue;
      const relay = this.#context.pool.use(url);
      this.#relayByUrl.set(url, relay);
      this.#connector.addRelay(relay, name);
    }
    for (const url of this.#relayByUrl.keys()) if (!nameByUrl.has(url)) this.#leave(url);
  }

  /** Offers what has become shared. */
  reconsider(): void {
    this.#sync?.reconsider();
  }

  /** Ends what is shared no longer: only a new session can do that. */
  restart(): void {
    this.#connector.restart();
  }

  status(): MemberStatus {
    const namespaces = this.#sync?.status() ?? NOTHING;
    const all = [...namespaces.values()];
    return {
      ...this.#context.lastSeen.of(this.#device),
      isConnected: this.#sync !== undefined,
      toSend: sum(all.map(({ toSend }) => toSend)),
      toReceive: sum(all.map(({ toReceive }) => toReceive)),
      verifiedSince: latest(all.map(({ verifiedSince }) => verifiedSince)),
      isMismatched: all.some(({ isMismatched }) => isMismatched),
      lastFault: this.#lastFault,
      namespaces,
    };
  }

  close(): void {
    this.#connector.close();
    for (const url of this.#relayByUrl.keys()) this.#context.pool.release(url);
    this.#relayByUrl.clear();
  }

  #leave(url: string): void {
    this.#connector.removeRelay(this.#relayByUrl.get(url) as RelayLink);
    this.#relayByUrl.delete(url);
    this.#context.pool.release(url);
  }

  #opened(channel: MessageChannel, role: Role): PeerSync {
    const device = this.#device;
    const { host, book, lastSeen, namespaces, shares, open, changed, failed, rewritten, outrun } =
      this.#context;
    const sync = new PeerSync(channel, {
      clock: host.clock,
      hello: { features: 0, info: new Uint8Array() },
      log: book,
      speaksSecond: role === "responder",
      peerDevice: fromHex(device),
      namespaces,
      shares: (namespace) => shares(namespace, device),
      open,
      rewritten,
      outrun,
      progressed: () => {
        if (isVerified(sync)) this.#lastFault = undefined;
        changed();
      },
      ended: (error) => {
        lastSeen.left(device, isVerified(sync));
        if (this.#sync === sync) this.#sync = undefined;
        if (error !== undefined) {
          this.#lastFault = { error, at: host.clock.now() };
          failed(device, error);
        }
        changed();
      },
    });
    this.#sync = sync;
    lastSeen.met(device);
    changed();
    return sync;
  }
}

/** Undefined when there is nothing to add, or one is unknown. */
const sum = (counts: readonly (number | undefined)[]): number | undefined => {
  if (counts.length === 0 || counts.includes(undefined)) return undefined;
  return (counts as number[]).reduce((total, count) => total + count, 0);
};

/** Whether both are known to hold the same of all they share. */
const isVerified = (sync: PeerSync): boolean =>
  latest([...sync.status().values()].map(({ verifiedSince }) => verifiedSince)) !== undefined;

/** Undefined when there is none, or one is missing. */
const latest = (times: readonly (number | undefined)[]): number | undefined => {
  if (times.length === 0 || times.includes(undefined)) return undefined;
  return Math.max(...(times as number[]));
};
