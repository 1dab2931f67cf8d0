/** Stores in memory, and a platform that reaches them, for tests of a client's link in which time belongs to the test. */
import { setImmediate } from "node:timers/promises";
import {
  acceptConnection,
  Connection,
  Instances,
  memoryStorage,
  MasqError,
  NamespaceService,
  noOtherDevices,
  Replica,
  type NamespaceId,
  type Socket,
} from "@masq/core";
import { manualClock, socketPair, testHost } from "@masq/core/testing";
import {
  APP,
  KEY_ID,
  localWorld,
  type LocalWorld,
} from "../../packages/core/src/testing/local-ends.ts";
import type { Platform } from "../../packages/client/src/platform/platform.ts";
import { SeenVersions } from "../../packages/client/src/seen-versions.ts";
import { Link } from "../../packages/client/src/link/link.ts";
import { storeSource } from "../../packages/client/src/store-mode/attach.ts";

export interface MemoryStore {
  readonly world: LocalWorld;
  readonly replica: Replica;
  /** While true, nothing can be read of what has changed. */
  isFailing: boolean;
  /** While true, hello is refused. */
  isClosed: boolean;
  /** Methods asked for so far, over all connections. */
  readonly asked: string[];
  accept(socket: Socket): void;
  /** Hangs up on everybody. */
  drop(): void;
}

const host = testHost({ seed: 7 });

export const memoryStore = async (): Promise<MemoryStore> => {
  const storage = memoryStorage();
  const world = localWorld(host);
  const instances = new Instances();
  const open = new Set<Socket>();
  const replica = await Replica.open(
    host,
    {
      ...storage,
      arrivals: async (...range) => {
        if (store.isFailing) throw new MasqError("MASQ_STORAGE_FAILED", "The disk cannot be read.");
        return storage.arrivals(...range);
      },
    },
    APP,
  );
  const store: MemoryStore = {
    world,
    replica,
    isFailing: false,
    isClosed: false,
    asked: [],
    accept(socket) {
      open.add(socket);
      const serve = async (): Promise<void> => {
        const { session } = await acceptConnection(host, socket, world.door);
        const inner = new NamespaceService({
          instances,
          devices: () => noOtherDevices,
          open: async (namespace) => {
            if (store.isClosed) throw new MasqError("MASQ_STORAGE_FAILED", "It cannot be opened.");
            return { namespace: namespace as NamespaceId, replica };
          },
          emit: (name, data) => connection.emit(name, data),
          replaced: () => connection.close(4409),
        });
        const service = {
          handle: (method: string, params: unknown) => {
            store.asked.push(method);
            return inner.handle(method, params);
          },
          pause: () => inner.pause(),
          resume: () => inner.resume(),
          close: () => inner.close(),
        };
        const connection = new Connection({
          session,
          service,
          defect: (error) => {
            throw error;
          },
          closed: () => open.delete(socket),
        });
        connection.open();
      };
      // An app that turns away during the handshake is its own affair.
      serve().catch(() => open.delete(socket));
    },
    drop() {
      for (const socket of open) socket.close(1006);
    },
  };
  return store;
};

/** A socket of which the end is told only when the test says so. */
const slowToEnd = (socket: Socket, ends: (() => void)[]): Socket => ({
  get buffered() {
    return socket.buffered;
  },
  attach: (handlers) =>
    socket.attach({
      message: (frame) => handlers.message(frame),
      close: (code) => ends.push(() => handlers.close(code)),
      drain: () => handlers.drain(),
    }),
  send: (frame) => socket.send(frame),
  pause: () => socket.pause(),
  resume: () => socket.resume(),
  close: (code) => socket.close(code),
});

export interface LinkWorld {
  /** Where given, the ends of connections opened from now on wait here. */
  ends: (() => void)[] | undefined;
  /** Which store answers at which address; change it as stores come and go. */
  readonly storeByUrl: Map<string, MemoryStore>;
  /** Lets time pass, with all that happens meanwhile. */
  readonly pass: (ms: number) => Promise<void>;
  readonly openLink: (options: {
    readonly granted: MemoryStore;
    readonly urls: readonly string[];
    readonly patienceMs?: number;
  }) => Promise<Link>;
}

export const linkWorld = (): LinkWorld => {
  const clock = manualClock();
  const storeByUrl = new Map<string, MemoryStore>();
  const linkHost = testHost({ seed: 8, clock });
  const platform: Pick<Platform, "host" | "openSocket"> = {
    host: linkHost,
    openSocket: async (url) => {
      const store = storeByUrl.get(url);
      if (store === undefined) throw new MasqError("MASQ_STORE_ABSENT", "Nobody answers.");
      const [app, end] = socketPair();
      store.accept(end);
      return world.ends === undefined ? app : slowToEnd(app, world.ends);
    },
  };
  const world: LinkWorld = {
    ends: undefined,
    storeByUrl,
    pass: async (ms) => {
      for (let step = 0; step < ms; step += 50) {
        clock.advance(50);
        // Frames and handshakes travel in microtasks.
        await setImmediate();
      }
    },
    openLink: ({ granted, urls, patienceMs = 30_000 }) => {
      const { key, storeKey } = granted.world.joiners.granted as {
        readonly key: LocalWorld["appKey"];
        readonly storeKey: Uint8Array;
      };
      return Link.open({
        source: storeSource({
          platform,
          app: { identity: APP, appId: "", name: "Linked" },
          credentials: { key, grant: { keyId: KEY_ID, storeKey }, saveGrant: async () => {} },
          namespace: APP,
          instance: linkHost.random(16),
          urls,
          onConsent: undefined,
          patienceMs,
        }),
        host: linkHost,
        seen: new SeenVersions(),
        patienceMs,
        onStatus: () => {},
      });
    },
  };
  return world;
};
