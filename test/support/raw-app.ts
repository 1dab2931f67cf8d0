/** A hostile app: speaks to a real store with any headers, any greeting, any frames, and sees what comes back. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import {
  Caller,
  generatePrivateKey,
  INSTANCE_BYTES,
  joinStore,
  LOCAL_SUBPROTOCOL,
  MasqError,
  softwareKey,
  type CipherState,
  type DhKey,
  type Joiner,
  type LocalSession,
  type NamespaceId,
  type Socket,
} from "@masq/core";
import { collector, type Collector } from "@masq/core/testing";
import { nodeHost, nodePrimitives, socketOf } from "@masq/node";
import { startStore, type Store } from "@masq/store";
import { expect } from "vitest";
import { WebSocket } from "ws";
import { concatBytes } from "../../packages/core/src/bytes/bytes.ts";
import { LOCAL_PROLOGUE_LABEL } from "../../packages/core/src/crypto/labels.ts";
import { LocalSession as Session } from "../../packages/core/src/local/session.ts";
import { KK } from "../../packages/core/src/noise/patterns.ts";
import { createHandshake } from "../../packages/core/src/noise/handshake.ts";
import { dataFiles } from "../../packages/store/src/data-directory.ts";
import { readRunning } from "../../packages/store/src/running-file.ts";

/** Turns a wait without end into a failure that says what was missing. */
export const within = async <Result>(
  ms: number,
  what: string,
  result: Promise<Result>,
): Promise<Result> => {
  let guard: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    guard = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), ms);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(guard);
  }
};

/** How a call ends: "done", or the code of its error. */
export const codeOf = (call: Promise<unknown>): Promise<string> =>
  within(
    30_000,
    "an answer",
    call.then(
      () => "done",
      (error: unknown) => (error instanceof MasqError ? error.code : String(error)),
    ),
  );

export type Headers = Readonly<Record<string, string>>;

/** An open WebSocket to the store, with everything it says and how it ends. */
export interface RawSocket {
  readonly webSocket: WebSocket;
  readonly frames: Collector<Uint8Array>;
  /** The close code. */
  readonly closed: Promise<number>;
}

const guarded = (webSocket: WebSocket): Promise<number> =>
  within(
    30_000,
    "the store to end the connection",
    new Promise<number>((resolve) => webSocket.once("close", resolve)),
  );

/** Opens a WebSocket; rejects with the HTTP status the store refused it with. */
export const openWire = (port: number, headers: Headers = {}): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}`, LOCAL_SUBPROTOCOL, {
      headers,
      perMessageDeflate: false,
    });
    webSocket.on("unexpected-response", (request, response) => {
      reject(new Error(`refused with ${String(response.statusCode)}`));
      request.destroy();
    });
    webSocket.on("error", reject);
    webSocket.once("open", () => resolve(webSocket));
  });

export const openRaw = async (port: number, headers: Headers = {}): Promise<RawSocket> => {
  const webSocket = await openWire(port, headers);
  const frames = collector<Uint8Array>();
  webSocket.on("message", (data) => frames.push(data as Buffer));
  const closed = guarded(webSocket);
  closed.catch(() => {});
  return { webSocket, frames, closed };
};

export interface RawApp {
  readonly webSocket: WebSocket;
  readonly session: LocalSession;
  readonly events: Collector<readonly [name: string, data: unknown]>;
  /** The close code. */
  readonly closed: Promise<number>;
  readonly storeKey: Uint8Array;
  readonly code: string;
  /** The frames this app sent, the greeting first. */
  readonly sent: readonly Uint8Array[];
  call(method: string, params?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

const appOver = (
  webSocket: WebSocket,
  joined: Pick<RawApp, "storeKey" | "code" | "sent"> & { readonly session: LocalSession },
): RawApp => {
  const events = collector<readonly [string, unknown]>();
  const ended = Promise.withResolvers<number>();
  const caller = new Caller(joined.session, {
    event: (name, data) => events.push([name, data]),
    close: (code) => ended.resolve(code),
  });
  return {
    ...joined,
    webSocket,
    events,
    get closed() {
      return within(30_000, "the end of the connection", ended.promise);
    },
    call: (method, params = null) => caller.call(method, params),
    close: async () => {
      caller.close(1000);
      webSocket.close();
      if (webSocket.readyState !== WebSocket.CLOSED) {
        await within(
          10_000,
          "the close",
          new Promise((resolve) => webSocket.once("close", resolve)),
        );
      }
    },
  };
};

const recording = (socket: Socket, sent: Uint8Array[]): Socket => ({
  get buffered() {
    return socket.buffered;
  },
  attach: (handlers) => socket.attach(handlers),
  send: (frame) => {
    sent.push(Uint8Array.from(frame));
    socket.send(frame);
  },
  pause: () => socket.pause(),
  resume: () => socket.resume(),
  close: (code) => socket.close(code),
});

/** Runs the handshake of an honest client, with whatever headers and keys. Rejects as `joinStore` does. */
export const joinAs = async (
  port: number,
  joiner: Joiner,
  headers: Headers = {},
): Promise<RawApp> => {
  const webSocket = await openWire(port, headers);
  const sent: Uint8Array[] = [];
  const joined = await joinStore(nodeHost, recording(socketOf(webSocket), sent), joiner);
  return appOver(webSocket, { ...joined, sent });
};

export const newKey = (): DhKey => softwareKey(nodePrimitives, generatePrivateKey(nodeHost.random));

/** What an app holds after its owner said yes. */
export interface Granted {
  readonly identity: NamespaceId;
  readonly keyId: Uint8Array;
  readonly key: DhKey;
  readonly storeKey: Uint8Array;
}

export const grantedJoiner = (granted: Granted): Joiner => ({ kind: "granted", ...granted });

/** The greeting of an app without a grant: a web app when `identity` is an origin. */
export const unknownJoiner = (identity: string, key: DhKey = newKey()): Joiner => ({
  kind: "unknown",
  identity: identity as NamespaceId,
  appId: identity.startsWith("app:") ? identity.slice(4) : "",
  key,
});

/** The Origin header a browser would send for this identity. */
export const headersOf = (identity: string): Headers =>
  identity.startsWith("app:") ? {} : { origin: identity };

/** Asks for access to the app's own namespace; somebody must say yes, unless the store was started with `allow`. */
export const askAccess = async (port: number, identity: string): Promise<Granted> => {
  const key = newKey();
  const app = await joinAs(port, unknownJoiner(identity, key), headersOf(identity));
  const keyId = (await app.call("requestAccess", ["Hostile", [identity]])) as Uint8Array;
  await app.close();
  return { identity: identity as NamespaceId, keyId, key, storeKey: app.storeKey };
};

export const sayHello = (app: RawApp, namespace: string): Promise<unknown> =>
  app.call("hello", [namespace, nodeHost.random(INSTANCE_BYTES)]);

/** A granted app that can also seal any bytes as a record of its session. */
export interface RawRecords extends RawApp {
  /** Sends `record` (its kind, then its content) sealed with the session's key. */
  sendRecord(record: Uint8Array): void;
}

/** The same handshake as `joinAs`, written out: the session's ciphers stay in the test's hands. */
export const joinWithRecords = async (port: number, granted: Granted): Promise<RawRecords> => {
  const { identity, keyId, key, storeKey } = granted;
  const webSocket = await openWire(port, headersOf(identity));
  const header = concatBytes(Uint8Array.of(2), keyId);
  const name = new TextEncoder().encode(identity);
  const handshake = createHandshake({
    crypto: nodeHost.crypto,
    generateKey: nodeHost.generateKey,
    pattern: KK,
    role: "initiator",
    prologue: concatBytes(
      LOCAL_PROLOGUE_LABEL,
      Uint8Array.of(name.length >>> 8, name.length & 0xff),
      name,
      header,
    ),
    s: key,
    rs: storeKey,
  });
  const answer = new Promise<Uint8Array>((resolve) =>
    webSocket.once("message", (data) => resolve(data as Buffer)),
  );
  webSocket.send(concatBytes(header, await handshake.writeMessage(new Uint8Array(0))));
  await handshake.readMessage(await within(10_000, "the store's greeting", answer));
  const ciphers: { readonly send: CipherState; readonly receive: CipherState } = handshake.split();
  const app = appOver(webSocket, {
    session: new Session(socketOf(webSocket), ciphers),
    storeKey,
    code: "",
    sent: [],
  });
  return Object.assign(app, {
    sendRecord: (record: Uint8Array) =>
      webSocket.send(ciphers.send.encryptWithAd(new Uint8Array(0), record)),
  });
};

/** The greeting of the store's owner, from the files only the owner can read. */
export const adminJoiner = async (directory: string): Promise<Joiner> => {
  const files = dataFiles(directory);
  const running = await readRunning(files.running);
  if (running === undefined) throw new Error("no store runs here");
  const key = softwareKey(nodePrimitives, await readFile(files.adminKey));
  return { kind: "admin", key, storeKey: running.storeKey };
};

export const joinAsAdmin = async (directory: string, port: number): Promise<RawApp> =>
  joinAs(port, await adminJoiner(directory));

/** Waits until the owner would see a request for access of this app. */
export const requestOf = async (
  admin: RawApp,
  identity: string,
): Promise<Readonly<Record<string, unknown>>> => {
  const deadline = performance.now() + 20_000;
  for (;;) {
    if (performance.now() > deadline)
      throw new Error(`waited in vain for a request of ${identity}`);
    const requests = (await admin.call("admin.requests")) as Record<string, unknown>[];
    const found = requests.find(({ app }) => app === identity);
    if (found !== undefined) return found;
  }
};

/** All that must not have changed after an attack: sizes of all namespaces, and the grants. */
export const stateOf = async (
  admin: RawApp,
): Promise<{
  readonly namespaces: readonly Record<string, unknown>[];
  readonly apps: unknown;
  readonly requests: unknown;
}> => ({
  namespaces: (await admin.call("admin.namespaces")) as Record<string, unknown>[],
  apps: await admin.call("admin.apps"),
  requests: await admin.call("admin.requests"),
});

/** Resident memory of a process in bytes. */
export const residentBytes = async (pid: number): Promise<number> => {
  const status = await readFile(join("/proc", String(pid), "status"), "latin1");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
};

export interface World extends AsyncDisposable {
  readonly directory: string;
  readonly store: Store;
  readonly port: number;
  readonly admin: RawApp;
  /** Of a hostile app that has access to its own namespace. */
  readonly granted: Granted;
  /** Fails unless the store still serves an honest app, old and new connections, and nothing at all has changed. */
  assertUnharmed(): Promise<void>;
  /** A namespace that an app of the test itself has been given: no longer compared. */
  forget(namespace: string): void;
}

export const HOSTILE = "app:org.example.hostile";
const HONEST = "org.example.honest";

const HONEST_DATA: readonly (readonly [string, unknown])[] = [
  ["places/paris", { lat: 48.85, lon: 2.35 }],
  ["places/rome", { lat: 41.9, lon: 12.5 }],
  ["text", "tout va bien"],
];

/** A store in this process with an honest app's data in it, and a hostile app that has been given access. */
export const openWorld = async (directory: string): Promise<World> => {
  const files = join(directory, "store");
  const store = await startStore({ directory: files, port: 0, allow: [HONEST, HOSTILE.slice(4)] });
  const connect = (): Promise<MasqClient> =>
    MasqClient.connect({
      app: { name: "Honest", id: HONEST },
      directory: join(directory, "honest"),
      store: { url: `ws://127.0.0.1:${store.port}` },
      onConsent: () => {},
    });
  const honest = await connect();
  for (const [key, value] of HONEST_DATA) await honest.put(key, value);
  const granted = await askAccess(store.port, HOSTILE);
  // Its namespace is there from the start, so that saying hello to it is no change.
  const first = await joinAs(store.port, grantedJoiner(granted));
  await sayHello(first, HOSTILE);
  await first.close();
  const admin = await joinAsAdmin(files, store.port);
  const entries = await honest.list();
  const forgotten = new Set<unknown>();
  const stateNow = async (): Promise<unknown> => {
    const state = await stateOf(admin);
    return {
      ...state,
      namespaces: state.namespaces.filter(({ namespace }) => !forgotten.has(namespace)),
    };
  };
  const state = await stateNow();
  return {
    directory: files,
    store,
    port: store.port,
    admin,
    granted,
    async assertUnharmed() {
      expect(await within(10_000, "an old connection", honest.list())).toEqual(entries);
      await using fresh = await within(10_000, "a new connection", connect());
      expect(await within(10_000, "a new connection's answer", fresh.list())).toEqual(entries);
      expect(await stateNow()).toEqual(state);
      // Writes go on as well: one that leaves no trace.
      await within(10_000, "a write", fresh.del("never there"));
    },
    forget: (namespace) => void forgotten.add(namespace),
    async [Symbol.asyncDispose]() {
      await honest.close();
      await admin.close();
      await store.stop();
    },
  };
};
