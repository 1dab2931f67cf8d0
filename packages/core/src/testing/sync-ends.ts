/** Devices with real replicas for tests of synchronisation, joined by a channel that a test can watch, narrow and cut. */
import type { NamespaceId } from "../data/ids.ts";
import type { MasqError } from "../errors.ts";
import { memoryStorage } from "../memory-storage.ts";
import { Replica } from "../replica/replica.ts";
import type { Row, Storage } from "../storage.ts";
import { decodeBundle } from "../sync/decode.ts";
import type { Portions } from "../sync/limits.ts";
import type { Announcement, Incoming } from "../sync/messages.ts";
import { PeerSync } from "../sync/peer-sync.ts";
import { SyncNamespace } from "../sync/sync-namespace.ts";
import { manualClock, type ManualClock } from "./manual-clock.ts";
import { announcementOf, isAnnouncement, sha256Device } from "./sim/sim-announcements.ts";
import { SimLog } from "./sim/sim-log.ts";
import { settled } from "./sim/timeline.ts";
import { MAPS, showRow } from "./storage-samples.ts";
import { testHost } from "./test-host.ts";

export interface SyncDevice {
  readonly name: string;
  readonly id: Uint8Array;
  readonly clock: ManualClock;
  readonly storage: Storage;
  /** Rows the storage has handed out by arrival or by key, and pages asked for. */
  readonly reads: { rows: number };
  readonly replica: Replica;
  readonly log: SimLog;
  open(namespace: NamespaceId): Promise<SyncNamespace>;
}

/** Opens what a disk holds, as after a restart. */
export const syncDevice = async (
  name: string,
  seed: number,
  disk: Storage = memoryStorage(),
): Promise<SyncDevice> => {
  const clock = manualClock();
  const host = testHost({ seed, clock });
  const id = sha256Device(name);
  const reads = { rows: 0 };
  const counted = async (rows: Promise<Row[]>): Promise<Row[]> => {
    reads.rows += (await rows).length;
    return rows;
  };
  const storage: Storage = {
    ...disk,
    list: (...items) => counted(disk.list(...items)),
    arrivals: (...items) => counted(disk.arrivals(...items)),
  };
  const log = await SimLog.open(disk, id);
  const verify = (announcement: Announcement): boolean =>
    isAnnouncement(announcement) && log.isMember(announcement.device);
  const opened = new Map<NamespaceId, Promise<SyncNamespace>>();
  const open = (namespace: NamespaceId): Promise<SyncNamespace> => {
    const known = opened.get(namespace);
    if (known !== undefined) return known;
    const fresh = Replica.open(host, storage, namespace).then((replica) =>
      SyncNamespace.open(replica, {
        device: id,
        own: (own) => announcementOf(own, id),
        verify,
      }),
    );
    opened.set(namespace, fresh);
    return fresh;
  };
  const { replica } = await open(MAPS);
  return { name, id, clock, storage, reads, replica, log, open };
};

export interface Sent {
  readonly from: string;
  readonly bytes: Uint8Array;
  readonly message: Incoming;
}

export interface ConnectOptions {
  /** The channel breaks after so many bundles. */
  readonly cutAfter?: number;
  readonly portions?: Portions;
  readonly namespaces?: readonly NamespaceId[];
  /** Default: all of `namespaces`, for both. */
  readonly shares?: (device: string, namespace: NamespaceId) => boolean;
  /** Bundles taken before the channel says it is full. */
  readonly room?: number;
}

export interface Connection {
  readonly sent: readonly Sent[];
  readonly syncs: readonly [PeerSync, PeerSync];
  readonly errors: readonly (MasqError | undefined)[];
  /** Delivers until nothing moves any more. */
  quiet(): Promise<void>;
  cut(): void;
}

export const connect = (
  ends: readonly [SyncDevice, SyncDevice],
  options: ConnectOptions = {},
): Connection => {
  const { cutAfter = Infinity, portions, namespaces = [MAPS], room = Infinity } = options;
  const { shares = (_: string, namespace: NamespaceId) => namespaces.includes(namespace) } =
    options;
  const sent: Sent[] = [];
  const errors: (MasqError | undefined)[] = [];
  const queues: Uint8Array[][] = [[], []];
  let isCut = false;
  let bundles = 0;
  const cut = (): void => {
    if (isCut) return;
    isCut = true;
    for (const sync of syncs) sync.closed();
  };
  const session = (side: 0 | 1): PeerSync => {
    const own = ends[side];
    const queue = queues[side] as Uint8Array[];
    return new PeerSync(
      {
        send: (bytes) => {
          if (isCut) return false;
          bundles += 1;
          for (const message of decodeBundle(bytes)) sent.push({ from: own.name, bytes, message });
          if (bundles <= cutAfter) queue.push(bytes);
          return queue.length < room;
        },
        close: () => queueMicrotask(cut),
      },
      {
        clock: own.clock,
        hello: { features: 0, info: new Uint8Array() },
        log: own.log,
        peerDevice: ends[side === 0 ? 1 : 0].id,
        speaksSecond: side === 1,
        namespaces: async () => namespaces,
        shares: (namespace) => shares(own.name, namespace),
        open: (namespace) => own.open(namespace),
        ended: (error) => errors.push(error),
        ...(portions && { portions }),
      },
    );
  };
  const syncs: [PeerSync, PeerSync] = [session(0), session(1)];
  const quiet = async (): Promise<void> => {
    for (let idle = 0; idle < 3;) {
      await settled();
      let isMoving = false;
      for (const side of [0, 1] as const) {
        const bytes = queues[side]?.shift();
        if (bytes === undefined || isCut) continue;
        isMoving = true;
        syncs[side === 0 ? 1 : 0].message(bytes);
        if (queues[side]?.length === 0) syncs[side].writable();
      }
      if (!isMoving && bundles > cutAfter) cut();
      idle = isMoving ? 0 : idle + 1;
    }
  };
  return { sent, syncs, errors, quiet, cut };
};

/** Everything a device holds, without what is its own. */
export const contents = async ({ storage }: SyncDevice): Promise<string[]> => {
  const rows = await storage.arrivals(MAPS, 0, Infinity, Infinity);
  return rows.map((row) => showRow({ ...row, arrival: 0, stamp: new Uint8Array() })).toSorted();
};

/** Rows in a message of any kind. */
export const rowsIn = ({ message }: Sent): number => {
  switch (message.type) {
    case "entries":
      return message.commits.reduce((sum, rows) => sum + rows.length, 0);
    case "scan":
    case "repair":
      return message.rows.length;
    case "hello":
    case "offer":
    case "announce":
    case "resume":
    case "ack":
    case "log":
      return 0;
  }
};
