/** What a program on this computer may say to the store before any request: broken frames, records and messages. */
import { join } from "node:path";
import { concatBytes, MAX_FRAME_BYTES } from "@masq/core";
import { seededRandom } from "@masq/core/testing";
import { startStoreProcess } from "@masq/store/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { encodeItem } from "../../packages/core/src/local/cbor.ts";
import {
  askAccess,
  codeOf,
  grantedJoiner,
  headersOf,
  HOSTILE,
  joinAs,
  joinAsAdmin,
  joinWithRecords,
  openRaw,
  openWorld,
  residentBytes,
  sayHello,
  type RawRecords,
  type RawSocket,
  type World,
} from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const directory = temporaryDirectory();
const MEBIBYTE = 1024 * 1024;
const LAST = Uint8Array.of(1);
const MORE = Uint8Array.of(0);

let world: World;

beforeAll(async () => {
  world = await openWorld(directory);
});
afterAll(() => world[Symbol.asyncDispose]());
// After every attack: the store is up, its data and grants are as before, and an honest app is served.
afterEach(() => world.assertUnharmed());

const records = (): Promise<RawRecords> => joinWithRecords(world.port, world.granted);

/** A CBOR head of the given major type with a 4-byte length. */
const head = (major: number, length: number): Uint8Array =>
  Uint8Array.of(
    (major << 5) | 26,
    length >>> 24,
    (length >>> 16) & 255,
    (length >>> 8) & 255,
    length & 255,
  );

describe("frames before the handshake is done", () => {
  it("of any length and content end the connection with one and the same code", async () => {
    const random = seededRandom(41);
    const lengths = [
      ...Array.from({ length: 130 }, (_, length) => length),
      300,
      1000,
      5000,
      65_534,
      65_535,
    ];
    for (const first of [undefined, 1, 2, 3]) {
      for (let start = 0; start < lengths.length; start += 45) {
        const group = lengths.slice(start, start + 45).map(async (length) => {
          const { webSocket, closed } = await openRaw(
            world.port,
            random.int(2) === 0 ? {} : headersOf(`https://a${length}.example`),
          );
          const frame = random.bytes(length);
          if (first !== undefined && length > 0) frame[0] = first;
          webSocket.send(frame);
          expect(await closed, `${first} ${length}`).toBe(4400);
        });
        await Promise.all(group);
      }
    }
  });

  it("end it as well when the third message is garbage, a repetition or one of another handshake", async () => {
    const random = seededRandom(42);
    const origin = "https://a.example";
    const honest = await joinAs(
      world.port,
      { kind: "unknown", identity: origin as never, appId: "", key: world.granted.key },
      headersOf(origin),
    );
    const [greeting, third] = honest.sent as [Uint8Array, Uint8Array];
    await honest.close();
    for (const garbage of [
      random.bytes(0),
      random.bytes(64),
      random.bytes(third.length),
      greeting,
      third,
    ]) {
      const { webSocket, frames, closed } = await openRaw(world.port, headersOf(origin));
      webSocket.send(greeting);
      await frames.until(({ length }) => length === 1, "the second message");
      webSocket.send(garbage);
      expect(await closed).toBe(4400);
    }
  });

  it("larger than a record are refused before they are held in memory", async () => {
    const { webSocket, closed } = await openRaw(world.port);
    webSocket.send(new Uint8Array(MAX_FRAME_BYTES + 1));
    expect(await closed).toBe(1009);
    const large = await openRaw(world.port);
    large.webSocket.send(new Uint8Array(64 * MEBIBYTE));
    expect([1006, 1009]).toContain(await large.closed);
  });

  it("as text, or many at once, end the connection", async () => {
    const text = await openRaw(world.port);
    text.webSocket.send("hello");
    expect([1003, 4400]).toContain(await text.closed);
    const origin = "https://a.example";
    const eager = await openRaw(world.port, headersOf(origin));
    for (let count = 0; count < 500; count += 1) eager.webSocket.send(new Uint8Array(1000));
    expect([4400, 4429]).toContain(await eager.closed);
  });
});

describe("a first frame heard on the wire and replayed 1,000 times", () => {
  it("gives nothing away and leaves neither state nor memory behind", async () => {
    const files = join(directory, "replayed");
    const child = await startStoreProcess({ directory: files, allow: [HOSTILE.slice(4)] });
    onTestFinished(() => child.kill());
    const granted = await askAccess(child.port, HOSTILE);
    const honest = await joinAs(child.port, grantedJoiner(granted));
    await sayHello(honest, HOSTILE);
    await honest.call("write", [1, [["kept", encodeItem("here")]]]);
    const greeting = honest.sent[0] as Uint8Array;
    const admin = await joinAsAdmin(files, child.port);
    const before = {
      apps: await admin.call("admin.apps"),
      namespaces: await admin.call("admin.namespaces"),
    };

    const replay = async (): Promise<void> => {
      const socket: RawSocket = await openRaw(child.port);
      socket.webSocket.send(greeting);
      const [answer] = await socket.frames.until(
        ({ length }) => length === 1,
        "the store's answer",
      );
      // Only the store's half of a handshake whose other half nobody here can complete.
      expect(answer?.length).toBe(48);
      socket.webSocket.send(new Uint8Array(100));
      expect(await socket.closed).toBe(4400);
    };
    const replays = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 20) {
        await Promise.all(Array.from({ length: 20 }, replay));
      }
    };
    await replays(200);
    const baseline = await residentBytes(child.pid);
    await replays(1000);
    expect((await residentBytes(child.pid)) - baseline).toBeLessThan(64 * MEBIBYTE);

    expect({
      apps: await admin.call("admin.apps"),
      namespaces: await admin.call("admin.namespaces"),
    }).toEqual(before);
    expect(await admin.call("admin.status")).toMatchObject({ connections: 2 });
    expect(((await honest.call("get", "kept")) as unknown[])[0]).toEqual(encodeItem("here"));
    await honest.close();
    await admin.close();
  });
});

describe("records after the handshake", () => {
  it.each([
    ["a frame that was not sealed", (app: RawRecords) => app.webSocket.send(new Uint8Array(200))],
    ["an empty frame", (app: RawRecords) => app.webSocket.send(new Uint8Array(0))],
    ["a text frame", (app: RawRecords) => app.webSocket.send("text")],
    ["an empty record", (app: RawRecords) => app.sendRecord(new Uint8Array(0))],
    ["a record of an unknown kind", (app: RawRecords) => app.sendRecord(Uint8Array.of(2, 0x80))],
    [
      "a short record that promises more",
      (app: RawRecords) => app.sendRecord(concatBytes(MORE, new Uint8Array(10))),
    ],
    [
      "an oversized frame",
      (app: RawRecords) => app.webSocket.send(new Uint8Array(MAX_FRAME_BYTES + 1)),
    ],
    [
      "a truncated frame",
      (app: RawRecords) => {
        const sent = app.webSocket.send.bind(app.webSocket);
        app.webSocket.send = ((frame: Uint8Array) => sent(frame.subarray(0, -1))) as typeof sent;
        app.sendRecord(concatBytes(LAST, encodeItem([1, "status", null])));
      },
    ],
    [
      "a message over the limit in many records",
      (app: RawRecords) => {
        const full = concatBytes(MORE, new Uint8Array(MAX_FRAME_BYTES - 17));
        for (let count = 0; count < 80; count += 1) app.sendRecord(full);
      },
    ],
    [
      "the same sealed frame twice",
      (app: RawRecords) => {
        const sent = app.webSocket.send.bind(app.webSocket);
        app.webSocket.send = ((frame: Uint8Array) => (sent(frame), sent(frame))) as typeof sent;
        app.sendRecord(concatBytes(LAST, encodeItem([1, "status", null])));
      },
    ],
  ])("%s ends the connection", async (_, attack) => {
    const app = await records();
    attack(app);
    expect([1003, 1009, 4400]).toContain(await app.closed);
  });

  it.each<[string, Uint8Array]>([
    ["an item cut short", encodeItem([1, "status", null]).subarray(0, -1)],
    ["a break alone", Uint8Array.of(0xff)],
    ["an array without end", Uint8Array.of(0x9f, 1, 0xff)],
    ["a tag", Uint8Array.of(0xc1, 0x00)],
    ["an undefined", Uint8Array.of(0x83, 1, 0xf7, 0xf6)],
    ["a reserved head", Uint8Array.of(0x1c)],
    [
      "a map with a key twice",
      concatBytes(Uint8Array.of(0xa2), ...[1, 2].map(() => Uint8Array.of(0x61, 0x61, 0x01))),
    ],
    ["a text that promises 4 GiB", head(3, 0xffff_ffff)],
    ["bytes that promise 4 GiB", head(2, 0xffff_ffff)],
    ["an array that promises 4 billion items", head(4, 0xffff_ffff)],
    ["60,000 arrays in each other", new Uint8Array(60_000).fill(0x81)],
    [
      "60,000 maps in each other",
      concatBytes(...Array.from({ length: 20_000 }, () => Uint8Array.of(0xa1, 0x61, 0x61))),
    ],
    ["a number", Uint8Array.of(0x01)],
    ["a map", Uint8Array.of(0xa0)],
    ["an empty array", Uint8Array.of(0x80)],
    ["a request with a negative number", encodeItem([-1, "status", null])],
    ["a request with a fraction as its number", encodeItem([1.5, "status", null])],
    ["a method that is no text", encodeItem([1, 5, null])],
    ["a method that is invalid UTF-8", Uint8Array.of(0x83, 1, 0x62, 0xc3, 0x28, 0xf6)],
  ])("%s as a message ends the connection", async (_, message) => {
    const app = await records();
    app.sendRecord(concatBytes(LAST, message));
    expect(await app.closed).toBe(4400);
  });

  it("with random content never do more than end the connection", async () => {
    const random = seededRandom(43);
    for (let round = 0; round < 150; round += 1) {
      const app = await records();
      await sayHello(app, HOSTILE);
      const good = encodeItem([
        2,
        random.pick(["get", "list", "watch", "write", "getMany"]),
        random.pick(["k", {}, [], 5, null]),
      ]);
      good[random.int(good.length)] = random.int(256);
      app.sendRecord(
        concatBytes(LAST, random.int(2) === 0 ? good : random.bytes(1 + random.int(60))),
      );
      // Either this is answered, or the connection has ended.
      expect(await codeOf(app.call("status"))).toMatch(/^(done|MASQ_[A-Z_]+)$/);
      await app.close();
    }
  });
});
