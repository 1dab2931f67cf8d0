/** An app meets something else than its store on the store's port: it stops, in bounded time, and tells it nothing. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { LOCAL_SUBPROTOCOL } from "@masq/core";
import { startStore, type Store } from "@masq/store";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { codeOf, joinAsAdmin, stateOf, within } from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const directory = temporaryDirectory();
const ID = "org.example.careful";
/** Of every client here, in the store's port or in another's hands: nothing of it may leave. */
const SECRET = "a-secret-of-the-app";

let stores = 0;
const newStore = async (
  port = 0,
  files = join(directory, `store-${(stores += 1)}`),
): Promise<Store> => {
  const store = await startStore({ directory: files, port, allow: [ID] });
  onTestFinished(() => store.stop());
  return store;
};

const connect = (port: number, home: string, patienceMs = 60_000): Promise<MasqClient> =>
  MasqClient.connect({
    app: { name: "Careful", id: ID },
    directory: join(directory, home),
    store: { url: `ws://127.0.0.1:${port}` },
    onConsent: () => {},
    patienceMs,
  });

/** Listens on the port, keeps every connection, and ends all of them with the test. */
const listen = async <AServer extends Server>(server: AServer, port: number): Promise<AServer> => {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return server;
};

/** A WebSocket server that keeps every frame it gets; `answer` says what it sends back, if anything. */
const impostor = async (
  port: number,
  answer: (frame: Buffer) => Buffer | undefined,
): Promise<Buffer[]> => {
  const frames: Buffer[] = [];
  const http = await listen(createHttpServer(), port);
  const server = new WebSocketServer({ server: http, handleProtocols: () => LOCAL_SUBPROTOCOL });
  server.on("connection", (webSocket) => {
    webSocket.on("error", () => {});
    webSocket.on("message", (data: Buffer) => {
      frames.push(data);
      const reply = answer(data);
      if (reply !== undefined) webSocket.send(reply);
    });
  });
  return frames;
};

/** A greeting: which key, and half a handshake that only the store it was granted by can continue. */
const GREETING_BYTES = 1 + 16 + 48;

const expectOnlyGreetings = (frames: readonly Buffer[], text: string): void => {
  expect(frames.length).toBeGreaterThan(0);
  for (const frame of frames) {
    expect(frame.length).toBe(GREETING_BYTES);
    expect(frame.includes(text)).toBe(false);
  }
};

/** A free port that this app was granted access on, by a store that has gone; and where its credentials are. */
const grantedPort = async (home: string): Promise<number> => {
  const store = await newStore();
  const client = await connect(store.port, home);
  await client.put("k", SECRET);
  await client.close();
  await store.stop();
  return store.port;
};

describe("an app that connects to its store's port", () => {
  it("finds a WebSocket server that echoes: hard stop", async () => {
    const port = await grantedPort("echo");
    const frames = await impostor(port, (frame) => frame);
    expect(await within(20_000, "an end", codeOf(connect(port, "echo")))).toBe(
      "MASQ_STORE_MISMATCH",
    );
    expectOnlyGreetings(frames, SECRET);
    expect(frames).toHaveLength(1);
  });

  it("finds a WebSocket server that answers noise of the right length: hard stop", async () => {
    const port = await grantedPort("noise");
    const frames = await impostor(port, () => Buffer.alloc(48, 7));
    expect(await within(20_000, "an end", codeOf(connect(port, "noise")))).toBe(
      "MASQ_STORE_MISMATCH",
    );
    expectOnlyGreetings(frames, SECRET);
  });

  it("finds a WebSocket server that never answers: gives up", async () => {
    const port = await grantedPort("mute");
    const frames = await impostor(port, () => undefined);
    expect(await within(20_000, "an end", codeOf(connect(port, "mute")))).toBe(
      "MASQ_STORE_UNREACHABLE",
    );
    expectOnlyGreetings(frames, SECRET);
  });

  it("finds a TCP server that never says a word: gives up", async () => {
    const port = await grantedPort("silent");
    await listen(createServer(), port);
    const code = await within(20_000, "an end", codeOf(connect(port, "silent")));
    expect(["MASQ_STORE_ABSENT", "MASQ_STORE_UNREACHABLE"]).toContain(code);
  });

  it("finds an HTTP server, or one that hangs up: gives up", async () => {
    const port = await grantedPort("http");
    const http = await listen(
      createHttpServer((_, response) => response.end("hello")),
      port,
    );
    expect(await within(20_000, "an end", codeOf(connect(port, "http")))).toBe("MASQ_STORE_ABSENT");
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
    await listen(
      createServer((socket) => void socket.destroy()),
      port,
    );
    expect(await within(20_000, "an end", codeOf(connect(port, "http")))).toBe("MASQ_STORE_ABSENT");
  });

  it("finds another Masq store: hard stop, without asking its owner, and its own store serves it later", async () => {
    const own = join(directory, "own-store");
    const first = await newStore(0, own);
    const { port } = first;
    const client = await connect(port, "other");
    await client.put("k", SECRET);
    await client.close();
    await first.stop();

    const other = await newStore(port);
    const admin = await joinAsAdmin(other.directory, port);
    const before = await stateOf(admin);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(await within(20_000, "an end", codeOf(connect(port, "other")))).toBe(
        "MASQ_STORE_MISMATCH",
      );
    }
    expect(await stateOf(admin)).toEqual(before);
    await admin.close();
    await other.stop();

    await newStore(port, own);
    const again = await connect(port, "other");
    expect(await again.get("k")).toBe(SECRET);
    await again.close();
  });
});

describe("an app that was connected when its store went away", () => {
  interface Interrupted {
    readonly client: MasqClient;
    readonly port: number;
    /** The code each call ends with that was made while there was no store. */
    readonly codes: Promise<string[]>;
    /** The code the client itself ends with. */
    readonly ended: Promise<string | undefined>;
  }
  /** A client whose store has gone, with calls of every kind waiting for it. */
  const interrupted = async (home: string): Promise<Interrupted> => {
    const store = await newStore();
    const client = await connect(store.port, home);
    onTestFinished(() => client.close());
    await client.put("k", 1);
    const gone = new Promise<void>((resolve) => {
      const off = client.on("status", ({ connected }) => {
        if (connected) return;
        off();
        resolve();
      });
    });
    const ended = new Promise<string | undefined>((resolve) =>
      client.on("status", (status) => {
        if (status.ended !== undefined) resolve(status.ended.code);
      }),
    );
    await store.stop();
    await within(10_000, "the client to notice", gone);
    const calls = [
      client.put("k", SECRET),
      client.batch([{ op: "put", key: SECRET, value: 1 }]),
      client.get(SECRET),
      client.list(),
      client.status(),
    ];
    client.watch(SECRET, () => {});
    return { client, port: store.port, codes: Promise.all(calls.map(codeOf)), ended };
  };

  it("meets another store there: hard stop, its calls reject, and that store learns nothing", async () => {
    const { client, port, codes, ended } = await interrupted("restart-other");
    const other = await newStore(port);
    const admin = await joinAsAdmin(other.directory, port);
    expect(await within(30_000, "a hard stop", ended)).toBe("MASQ_STORE_MISMATCH");
    expect(new Set(await codes)).toEqual(new Set(["MASQ_STORE_MISMATCH"]));
    expect(await codeOf(client.put("k", 3))).toBe("MASQ_STORE_MISMATCH");
    expect(await codeOf(client.get("k"))).toBe("MASQ_STORE_MISMATCH");
    const state = await stateOf(admin);
    expect(state).toMatchObject({ apps: [], requests: [] });
    expect(state.namespaces.every(({ namespace }) => String(namespace).startsWith("masq:"))).toBe(
      true,
    );
    await admin.close();
  });

  it("meets a program that plays along there: hard stop, and all it gets are greetings", async () => {
    const { port, codes, ended } = await interrupted("restart-echo");
    const frames = await impostor(port, (frame) => frame.subarray(0, 48));
    expect(await within(30_000, "a hard stop", ended)).toBe("MASQ_STORE_MISMATCH");
    expect(new Set(await codes)).toEqual(new Set(["MASQ_STORE_MISMATCH"]));
    expectOnlyGreetings(frames, SECRET);
  });
});
