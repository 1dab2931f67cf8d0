/** Who may open a WebSocket at all (gateway/upgrade-check.ts), on raw sockets against a running store. */
import { connect } from "node:net";
import { CLOSE_TIMEOUT } from "@masq/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRaw, openWorld, within, type RawSocket, type World } from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const directory = temporaryDirectory();
let world: World;

beforeAll(async () => {
  world = await openWorld(directory);
});
afterAll(() => world[Symbol.asyncDispose]());

/** Sends bytes as they are; resolves with the answer's head once it is there, and hangs up. */
const exchange = (request: string): Promise<string> =>
  within(
    10_000,
    "an answer to a raw request",
    new Promise((resolve) => {
      let head = "";
      const socket = connect(world.port, "127.0.0.1", () => socket.write(request));
      socket.on("data", (bytes) => {
        head += bytes.toString("latin1");
        const end = head.indexOf("\r\n\r\n");
        const isUpgraded = head.startsWith("HTTP/1.1 101");
        if (end >= 0 && isUpgraded) socket.destroy();
      });
      socket.on("close", () => resolve(head));
      // "close" follows: the store may hang up on what it has not read to its end.
      socket.on("error", () => {});
    }),
  );

const statusOf = (head: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);

interface Upgrade {
  /** undefined leaves the header out. */
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly path?: string;
  readonly subprotocol?: string | undefined;
}

const requestText = ({ host, origin, path = "/", subprotocol }: Upgrade): string =>
  [
    `GET ${path} HTTP/1.1`,
    ...(host === undefined ? [] : [`Host: ${host}`]),
    ...(origin === undefined ? [] : [`Origin: ${origin}`]),
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "\r\n",
  ].join("\r\n");

const upgrade = async (parts: Upgrade): Promise<number> =>
  statusOf(await exchange(requestText(parts)));

const ownHosts = (): string[] => [`127.0.0.1:${world.port}`, `localhost:${world.port}`];

/** "PORT" stands for the store's port. */
const FOREIGN_HOSTS = [
  "127.0.0.1",
  "localhost",
  "evil.example:PORT",
  "evil.example",
  "127.0.0.1:1",
  "127.0.0.1:PORT0",
  "127.0.0.1.evil.example:PORT",
  "localhost.:PORT",
  "LOCALHOST.evil:PORT",
  "[::1]:PORT",
  "0.0.0.0:PORT",
  "127.1:PORT",
  "2130706433:PORT",
  "user@127.0.0.1:PORT",
  "127.0.0.1:PORT, evil.example",
] as const;
const GOOD_ORIGINS = [
  undefined,
  "https://maps.example.org",
  "https://maps.example.org:8443",
  "http://localhost:5173",
  "http://127.0.0.1:8080",
  "http://[::1]:8080",
  "http://app.localhost:3000",
] as const;
const BAD_ORIGINS = [
  "null",
  "http://maps.example.org",
  "http://localhost.evil.example",
  "http://127.0.0.1.evil.example",
  "file://",
  "chrome-extension://abcdefghijklmnop",
  "moz-extension://abcdefgh",
  "https://maps.example.org/",
  "https://maps.example.org, https://evil.example",
  "https://",
  "HTTPS://MAPS.EXAMPLE.ORG",
  "app:org.example.notes",
  "masq:admin",
  "*",
  `https://${"a".repeat(600)}.example`,
] as const;
const BAD_PATHS = [
  "/health",
  "//",
  "/?x=1",
  "/#",
  "/../",
  "/masq",
  "http://127.0.0.1/",
  "*",
] as const;
const GOOD_PROTOCOLS = ["masq.local.1", "other, masq.local.1", "masq.local.1,other"] as const;
const BAD_PROTOCOLS = [
  undefined,
  "masq.local.2",
  "masq.local",
  "MASQ.LOCAL.1",
  "masq.local.1 x",
] as const;

const withPort = (host: string): string => host.replace("PORT", String(world.port));

describe("the store's door", () => {
  it("opens for its own Host, an app's Origin or none, the path / and the local subprotocol", async () => {
    for (const host of ownHosts()) {
      for (const origin of GOOD_ORIGINS) {
        for (const subprotocol of GOOD_PROTOCOLS) {
          expect(
            await upgrade({ host, origin, subprotocol }),
            `${host} ${origin} ${subprotocol}`,
          ).toBe(101);
        }
      }
    }
    await world.assertUnharmed();
  });

  it.each(FOREIGN_HOSTS)("answers 421 to the Host %s, whatever else is right", async (host) => {
    for (const origin of [undefined, "https://maps.example.org", "null"]) {
      expect(await upgrade({ host: withPort(host), origin, subprotocol: "masq.local.1" })).toBe(
        421,
      );
    }
  });

  it("answers neither a missing nor an empty nor a doubled Host with an open door", async () => {
    const subprotocol = "masq.local.1";
    expect([400, 421]).toContain(await upgrade({ subprotocol }));
    expect(await upgrade({ host: "", subprotocol })).toBe(421);
    const own = ownHosts()[0] as string;
    expect([400, 421]).toContain(
      await upgrade({ host: `evil.example\r\nHost: ${own}`, subprotocol }),
    );
    await world.assertUnharmed();
  });

  it.each(BAD_ORIGINS.map((origin) => ({ shown: origin.slice(0, 50), origin })))(
    "answers 403 to the Origin $shown",
    async ({ origin }) => {
      for (const host of ownHosts()) {
        expect(await upgrade({ host, origin, subprotocol: "masq.local.1" })).toBe(403);
      }
    },
  );

  it.each(BAD_PATHS)("answers 404 to the path %s", async (path) => {
    const [host] = ownHosts();
    expect(await upgrade({ host, path, subprotocol: "masq.local.1" })).toBe(404);
  });

  it.each(BAD_PROTOCOLS)("answers 400 to the subprotocol %s", async (subprotocol) => {
    const [host] = ownHosts();
    expect(await upgrade({ host, subprotocol })).toBe(400);
  });

  it("never lets in a combination with anything in it that it does not know", async () => {
    const known = fc.constant(true);
    const part = <Value>(good: fc.Arbitrary<Value>, bad: fc.Arbitrary<Value>) =>
      fc.oneof(
        { weight: 2, arbitrary: fc.record({ value: good, isGood: known }) },
        { weight: 1, arbitrary: fc.record({ value: bad, isGood: fc.constant(false) }) },
      );
    const line = fc.string({
      unit: fc.constantFrom(...Array.from("abhoxz0159.:/-_@[]*%, ")),
      maxLength: 30,
    });
    const parts = fc.record({
      host: part<string | undefined>(
        fc.constantFrom(...ownHosts()),
        fc.oneof(fc.constantFrom(...FOREIGN_HOSTS), line),
      ),
      origin: part<string | undefined>(
        fc.constantFrom(...GOOD_ORIGINS),
        fc.oneof(fc.constantFrom(...BAD_ORIGINS), line),
      ),
      path: part<string>(
        fc.constant("/"),
        fc.oneof(
          fc.constantFrom(...BAD_PATHS),
          fc.webPath().filter((path) => path !== "" && path !== "/"),
        ),
      ),
      subprotocol: part<string | undefined>(
        fc.constantFrom(...GOOD_PROTOCOLS),
        fc.oneof(fc.constantFrom(...BAD_PROTOCOLS), line),
      ),
    });
    await fc.assert(
      fc.asyncProperty(parts, async ({ host, origin, path, subprotocol }) => {
        const isGood = host.isGood && origin.isGood && path.isGood && subprotocol.isGood;
        const status = await upgrade({
          host: host.value && withPort(host.value),
          origin: origin.value,
          path: path.value,
          subprotocol: subprotocol.value,
        });
        if (isGood) expect(status).toBe(101);
        else expect([400, 403, 404, 421]).toContain(status);
      }),
      { numRuns: 300, seed: 20261123 },
    );
    await world.assertUnharmed();
  });

  it("refuses what is no proper WebSocket request and stays up", async () => {
    const [host] = ownHosts();
    const right = requestText({ host, subprotocol: "masq.local.1" });
    const wrong = [
      right.replace("GET", "POST"),
      right.replace("Version: 13", "Version: 12"),
      right.replace("Key: AAAAAAAAAAAAAAAAAAAAAA==", "Key: short"),
      right.replace("Upgrade: websocket", "Upgrade: h2c"),
      right.replace("HTTP/1.1", "HTTP/9.9"),
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
      `GET / HTTP/1.1\r\nHost: ${host}\r\nX: ${"x".repeat(100_000)}\r\n\r\n`,
    ];
    for (const request of wrong) {
      expect([101, 200], request.slice(0, 60)).not.toContain(statusOf(await exchange(request)));
    }
    await world.assertUnharmed();
  });
});

describe("/health", () => {
  const get = (host: string, path = "/health", method = "GET"): Promise<string> =>
    exchange(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

  it("tells that a store answers and nothing else", async () => {
    for (const host of ownHosts()) {
      const [head, body] = (await get(host)).split("\r\n\r\n");
      expect(statusOf(head as string)).toBe(200);
      expect(body).toContain('{"masq":"masq.local.1"}');
      const names = (head as string)
        .split("\r\n")
        .slice(1)
        .map((line) => line.split(":")[0]?.toLowerCase());
      expect(names.toSorted()).toEqual([
        "access-control-allow-origin",
        "cache-control",
        "connection",
        "content-type",
        "date",
        "transfer-encoding",
        "x-content-type-options",
      ]);
    }
  });

  it("answers no other Host, path or method", async () => {
    for (const host of FOREIGN_HOSTS) expect(statusOf(await get(withPort(host)))).toBe(421);
    const [own] = ownHosts() as [string];
    for (const path of ["/", "/health/", "/health?x", "/Health", "/../health", "/admin"]) {
      expect(statusOf(await get(own, path)), path).toBe(404);
    }
    for (const method of ["POST", "PUT", "OPTIONS", "DELETE", "HEAD"]) {
      expect(statusOf(await get(own, "/health", method)), method).toBe(404);
    }
    await world.assertUnharmed();
  });
});

describe("handshakes that are never finished", () => {
  const origin = (name: string): { readonly origin: string } => ({
    origin: `https://${name}.example`,
  });

  it("are refused above 8 of a web origin, 48 of native programs and 64 of all, and make room again when they go", async () => {
    const idle: RawSocket[] = [];
    const fill = async (count: number, headers = {}): Promise<void> => {
      for (let opened = 0; opened < count; opened += 1)
        idle.push(await openRaw(world.port, headers));
    };
    await fill(8, origin("a"));
    await expect(openRaw(world.port, origin("a"))).rejects.toThrow("refused with 503");
    // No page keeps others out.
    await world.assertUnharmed();
    await fill(48);
    await expect(openRaw(world.port)).rejects.toThrow("refused with 503");
    await fill(8, origin("b"));
    await expect(openRaw(world.port, origin("c"))).rejects.toThrow("refused with 503");
    // The owner's connection is not one of them.
    expect(await world.admin.call("admin.apps")).toHaveLength(2);
    for (const { webSocket } of idle) webSocket.close();
    await Promise.all(idle.map(({ closed }) => closed));
    await world.assertUnharmed();
  });

  it("are given up by the store after a while", async () => {
    const started = performance.now();
    const idle = await Promise.all(Array.from({ length: 48 }, () => openRaw(world.port)));
    const codes = await Promise.all(idle.map(({ closed }) => closed));
    expect(new Set(codes)).toEqual(new Set([CLOSE_TIMEOUT]));
    expect(performance.now() - started).toBeLessThan(20_000);
    await world.assertUnharmed();
  });
});
