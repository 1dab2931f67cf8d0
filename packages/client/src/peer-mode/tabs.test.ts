/** Tabs of one origin in one process: real locks and channels, a clock of the test's. */
import {
  decodeValue,
  encodeValue,
  fields,
  LocalSession,
  memoryStorage,
  plainCipher,
  Caller,
  type NamespaceId,
  type Storage,
} from "@masq/core";
import { loadDeviceKeys, noblePeerPrimitives } from "@masq/core/peer";
import {
  collector,
  failingStorage,
  manualClock,
  testHost,
  type ManualClock,
} from "@masq/core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { fenceStorage } from "./fenced-storage.ts";
import { Holder } from "./holder.ts";
import type { TabChannel } from "./tab-socket.ts";
import { Tabs, type TabsOptions } from "./tabs.ts";

const MAPS = "https://maps.example.org" as NamespaceId;

interface Tab {
  readonly tabs: Tabs;
  /** Opened by this tab, in order. */
  readonly holders: Holder[];
  freeze(): void;
  thaw(): void;
  /** From now on it hears nothing, as one that hangs. */
  hang(): void;
}

interface World {
  readonly clock: ManualClock;
  readonly storage: Storage;
  readonly started: string[];
  readonly tab: (name: string, over?: Partial<TabsOptions>) => Tab;
}

const open: Tabs[] = [];
let worlds = 0;

afterEach(async () => {
  for (const tabs of open.splice(0)) await tabs.close();
});

const world = (storage: Storage = memoryStorage()): World => {
  worlds += 1;
  const place = `tabs ${worlds}`;
  const clock = manualClock();
  // As in a browser, not where the data are.
  const keyStorage = memoryStorage();
  const started: string[] = [];
  let seed = worlds * 1000;
  return {
    clock,
    storage,
    started,
    tab(name, over = {}) {
      seed += 1;
      const host = testHost({ seed, clock });
      const holders: Holder[] = [];
      let isHanging = false;
      const openChannel = (channel: string): TabChannel => {
        const real = new BroadcastChannel(channel) as TabChannel;
        const gate: TabChannel = {
          onmessage: null,
          postMessage: (message) => real.postMessage(message),
          close: () => real.close(),
        };
        real.onmessage = (event) => {
          if (!isHanging) gate.onmessage?.(event);
        };
        return gate;
      };
      let [freeze, thaw] = [(): void => {}, (): void => {}];
      const tabs = new Tabs({
        name: place,
        host,
        locks: navigator.locks,
        openChannel,
        onFreeze: (frozen, thawed) => {
          [freeze, thaw] = [frozen, thawed];
          return () => {};
        },
        async start(lost) {
          started.push(name);
          // One database for all: a tab that closes it leaves it to the others.
          const shared: Storage = {
            ...storage,
            update: (...args) => storage.update(...args),
            close: async () => {},
          };
          const { random } = host;
          const fenced = await fenceStorage({ storage: shared, namespace: MAPS, random, lost });
          const holder = await Holder.open({
            host,
            crypto: noblePeerPrimitives,
            openSocket: () => Promise.reject(new Error("no network")),
            storage: fenced,
            keys: await loadDeviceKeys(noblePeerPrimitives, random, keyStorage, MAPS),
            namespace: MAPS,
            name,
            syncService: name === "moved" ? "wss://sync.example.org" : undefined,
            localRelay: undefined,
            isEvicted: false,
          });
          holders.push(holder);
          return holder;
        },
        ...over,
      });
      open.push(tabs);
      return {
        tabs,
        holders,
        freeze: () => freeze(),
        thaw: () => thaw(),
        hang: () => (isHanging = true),
      };
    },
  };
};

interface Talk {
  readonly call: (method: string, params: unknown) => Promise<unknown>;
  readonly closed: Promise<number>;
  readonly changes: ReturnType<typeof collector<unknown>>;
}

let instances = 0;

/** A client of the tab: what MasqClient does, with nothing repeated. */
const talk = async ({ tabs }: Tab): Promise<Talk> => {
  const { promise: closed, resolve } = Promise.withResolvers<number>();
  const changes = collector<unknown>();
  const socket = await tabs.connect(undefined);
  const session = new LocalSession(socket, { send: plainCipher, receive: plainCipher });
  const caller = new Caller(session, {
    event: (name, data) => {
      if (name === "changes") changes.push(data);
    },
    close: resolve,
  });
  instances += 1;
  await caller.call("hello", [MAPS, new Uint8Array(16).fill(instances)]);
  return { call: (method, params) => caller.call(method, params), closed, changes };
};

const put = ({ call }: Talk, number: number, key: string, value: unknown): Promise<unknown> =>
  call("write", [number, [[key, encodeValue(value)]]]);

const get = async ({ call }: Talk, key: string): Promise<unknown> => {
  const [value] = fields.asArray(await call("get", key), "an entry");
  return value === null ? undefined : decodeValue(value as Uint8Array);
};

/** Lets time pass as long as something is waited for. */
const passing = async <Result>(clock: ManualClock, waited: Promise<Result>): Promise<Result> => {
  let isDone = false;
  const done = waited.finally(() => (isDone = true));
  while (!isDone) {
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return done;
};

/** In steps, between which tabs hear one another. */
const pass = async (clock: ManualClock, ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe("the tabs of an app", () => {
  it("tell at once why the data cannot be opened, and try anew with the next who asks", async () => {
    const { tab } = world();
    let tries = 0;
    const request = async (lock: string, ...rest: [LockOptions, () => Promise<void>]) => {
      // That of the data comes first, and is over before a client has its own.
      if (/ [0-9a-f]{32}$/.test(lock)) await new Promise((resolve) => setTimeout(resolve));
      return navigator.locks.request(lock, ...rest);
    };
    const { tabs } = tab("poor", {
      locks: { request } as TabsOptions["locks"],
      start() {
        tries += 1;
        return Promise.reject(new Error(`closed ${tries}`));
      },
    });
    await expect(tabs.connect(undefined)).rejects.toThrow("closed 1");
    await expect(tabs.connect(undefined)).rejects.toThrow("closed 2");
  });

  it("tell at once that the browser refuses them locks", async () => {
    const { tab } = world();
    const refuse = (): Promise<never> =>
      Promise.reject(new DOMException("The request was denied.", "SecurityError"));
    const { tabs } = tab("refused", { locks: { request: refuse } });
    for (const _ of [1, 2])
      await expect(tabs.connect(undefined)).rejects.toMatchObject({
        code: "MASQ_BROWSER_UNSUITABLE",
      });
  });

  it("open the data once, and each sees what any of them writes", async () => {
    const { tab, started } = world();
    const [a, b, c] = [tab("a"), tab("b"), tab("c")];
    const talks = await Promise.all([talk(a), talk(b), talk(c)]);
    expect(started).toHaveLength(1);
    await Promise.all(talks.map((each) => each.call("watch", [1, { prefix: "" }, null])));
    for (const [index, each] of talks.entries()) await put(each, 1, `k/${index}`, index);
    for (const each of talks) {
      expect(await get(each, "k/0")).toBe(0);
      await each.changes.until(({ length }) => length === 3, "three changes");
    }
  });

  it.each(["closes", "is frozen"])("go on with another when the holder %s", async (how) => {
    const { tab, started } = world();
    const a = tab("a");
    const first = await talk(a);
    const [b, c] = [tab("b"), tab("c")];
    const [second, third] = await Promise.all([talk(b), talk(c)]);
    await put(second, 1, "k", "before");
    if (how === "closes") void a.tabs.close();
    else a.freeze();
    await Promise.all([first.closed, second.closed, third.closed]);
    const again = await Promise.all([talk(b), talk(c)]);
    expect(started).toHaveLength(2);
    await put(again[0], 1, "k", "after");
    expect(await get(again[1], "k")).toBe("after");
    if (how === "closes") return;
    const waiting = talk(a);
    a.thaw();
    expect(await get(await waiting, "k")).toBe("after");
    expect(started).toHaveLength(2);
  });

  it("take the lock from a holder that says nothing, which can then write nothing more", async () => {
    const { tab, clock, started } = world();
    const [a, b] = [tab("a"), tab("b")];
    const hung = await talk(a);
    await put(hung, 1, "k", "before");
    a.hang();
    const second = await passing(clock, talk(b));
    expect(started).toEqual(["a", "b"]);
    await put(second, 1, "k", "after");
    // It has learnt of it by its lock; had it not, its next write would tell.
    await hung.closed;
    expect(await get(second, "k")).toBe("after");
  });

  it("take the lock from a holder that leaves a call without a word", async () => {
    const { tab, clock, started } = world();
    const [a, b, c] = [tab("a"), tab("b"), tab("c")];
    const hung = await talk(a);
    const [second, third] = [await talk(b), await talk(c)];
    await put(second, 1, "k", "before");
    // What was answered is asked about once; then nothing wakes anybody.
    while (clock.pending > 0) await pass(clock, 1000);
    a.hang();
    const lost = put(second, 2, "k", "unanswered").catch(() => {});
    await passing(clock, Promise.all([second.closed, third.closed, hung.closed, lost]));
    expect(started).toEqual(["a", "b"]);
    const again = await talk(c);
    await put(again, 1, "k", "after");
    expect(await get(await talk(b), "k")).toBe("after");
    expect(started).toEqual(["a", "b"]);
  });

  it("leave a holder alone that says that it is there, however long a call takes", async () => {
    const { tab, clock, storage, started } = world();
    const [a, b] = [tab("a"), tab("b")];
    await talk(a);
    const second = await talk(b);
    const { promise: isDone, resolve: go } = Promise.withResolvers<void>();
    const update = storage.update.bind(storage);
    Object.assign(storage, {
      update: async (...args: Parameters<Storage["update"]>) => {
        await isDone;
        return update(...args);
      },
    });
    const writing = put(second, 1, "k", "slow");
    await pass(clock, 60_000);
    go();
    await writing;
    expect(await get(second, "k")).toBe("slow");
    expect(started).toEqual(["a"]);
  });

  it("read what is there when nothing more can be kept, are told so, and go on by themselves when there is room", async () => {
    const storage = failingStorage();
    const { tab, clock, started } = world(storage);
    const a = tab("a");
    await put(await talk(a), 1, "k", "kept");
    // It is met elsewhere from now on, which cannot be kept either.
    const b = tab("moved");
    storage.failNext(Infinity);
    await a.tabs.close();
    const second = await talk(b);
    expect(await get(second, "k")).toBe("kept");
    expect(await second.call("watchStatus", null)).toEqual([
      "MASQ_STORAGE_FULL",
      "The disk is full. Nothing was written.",
    ]);
    await expect(put(second, 1, "k", "more")).rejects.toMatchObject({ code: "MASQ_STORAGE_FULL" });
    storage.failNext(0);
    await passing(clock, second.closed);
    const third = await talk(b);
    expect(started).toEqual(["a", "moved", "moved"]);
    expect(await third.call("watchStatus", null)).toBeNull();
    await put(third, 1, "k", "more");
    expect(await get(third, "k")).toBe("more");
  });

  it("are told why the data cannot be opened, each time they ask", async () => {
    const clock = manualClock();
    let tries = 0;
    const tabs = new Tabs({
      name: "tabs failing",
      host: testHost({ seed: 5, clock }),
      locks: navigator.locks,
      openChannel: (name) => new BroadcastChannel(name) as TabChannel,
      onFreeze: () => () => {},
      start: async () => {
        tries += 1;
        throw new Error(`no ${tries}`);
      },
    });
    open.push(tabs);
    await expect(tabs.connect(undefined)).rejects.toThrow("no 1");
    await expect(tabs.connect(undefined)).rejects.toThrow("no 2");
    expect(tries).toBe(2);
  });

  it("give up waiting when the caller does, or the client is closed", async () => {
    const { tab, clock } = world();
    const a = tab("a");
    await talk(a);
    a.freeze();
    const given = new AbortController();
    const waiting = a.tabs.connect(given.signal);
    given.abort();
    await expect(waiting).rejects.toMatchObject({ code: "MASQ_ABORTED" });
    const closing = a.tabs.connect(undefined);
    await a.tabs.close();
    await expect(closing).rejects.toMatchObject({ code: "MASQ_CLOSED" });
    expect(clock.pending).toBe(0);
  });
});
