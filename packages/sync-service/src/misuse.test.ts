import { once } from "node:events";
import { connect } from "node:net";
import { encodeData, encodeFrame, type RelayFrame } from "@masq/core/relay";
import { afterEach, describe, expect, it } from "vitest";
import {
  answerTo,
  hello,
  openDevice,
  openRaw,
  rendezvous,
  upgradeRequest,
} from "./testing/raw-device.ts";
import { start, stopAll } from "./testing/services.ts";

afterEach(stopAll);

const statusOf = (answer: string): number => Number(answer.split(" ")[1]);

describe("sync service: misuse", () => {
  it.each<[string, (number | string | RelayFrame | Uint8Array)[], number]>([
    ["text", ["hello"], 1003],
    ["a frame larger than 65,540 bytes", [new Uint8Array(65_541)], 1009],
    ["an empty message", [new Uint8Array(0)], 4006],
    ["garbage", [Uint8Array.of(1, 2, 3, 4, 5)], 4006],
    ["a frame before HELLO", [{ type: "ping", nonce: new Uint8Array(8) }], 4006],
    ["DATA before HELLO", [encodeData(1, 1, Uint8Array.of(1))], 4006],
    ["HELLO twice", [hello(), hello()], 4006],
    ["a frame only relays send", [hello(), { type: "throttled", limitId: 1, rate: 1 }], 4006],
    ["an empty DATA frame", [hello(), Uint8Array.of(0x10, 1, 1, 0)], 4006],
    ["an unknown type below 0x80", [hello(), Uint8Array.of(0x66, 0, 0, 0)], 4006],
    [
      "a slot that is in use",
      [hello(), { type: "listen", entries: [rendezvous(1, 1, 1), rendezvous(1, 2, 1)] }],
      4006,
    ],
    [
      "too small frames asked for",
      [{ ...(hello() as Extract<RelayFrame, { type: "hello" }>), largestFrame: 65_539 }],
      4001,
    ],
    [
      "more LISTEN entries than allowed",
      [
        hello(),
        {
          type: "listen",
          entries: Array.from({ length: 1900 }, (_, slot) => rendezvous(slot, slot, 1)),
        },
        {
          type: "listen",
          entries: Array.from({ length: 200 }, (_, slot) => rendezvous(600 + slot, slot, 1)),
        },
      ],
      4004,
    ],
  ])("closes on %s", async (_, messages, code) => {
    const { port } = await start();
    const device = await openRaw(port);
    for (const message of messages) {
      if (typeof message === "string") device.webSocket.send(message);
      else if (message instanceof Uint8Array) device.sendBytes(message);
      else device.send(message as RelayFrame);
    }
    expect(await device.closed).toBe(code);
  });

  it("takes frames in whatever pieces they arrive, and closes on what is no WebSocket", async () => {
    const service = await start();
    const socket = connect(service.port, "127.0.0.1");
    socket.setNoDelay(true);
    let answer = Buffer.alloc(0);
    socket.on("data", (chunk) => (answer = Buffer.concat([answer, chunk])));
    const closed = once(socket, "close");
    const until = async (isEnough: () => boolean): Promise<void> => {
      while (!isEnough()) await once(socket, "data");
    };
    socket.write(upgradeRequest("/"));
    await until(() => answer.includes("\r\n\r\n"));
    // HELLO in three WebSocket fragments, masked with zeros, a byte at a time.
    const body = Buffer.from(encodeFrame(hello()));
    const fragment = (first: number, part: Buffer): Buffer =>
      Buffer.concat([Buffer.of(first, 0x80 | part.length, 0, 0, 0, 0), part]);
    const wire = Buffer.concat([
      fragment(0x02, body.subarray(0, 1)),
      fragment(0x00, body.subarray(1, 7)),
      fragment(0x80, body.subarray(7)),
    ]);
    for (const byte of wire) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    // WELCOME: 32 bytes in one frame.
    await until(() => answer.includes(Buffer.of(0x82, 32, 0x02, 0, 0, 0)));
    // A frame without a mask, which no WebSocket client sends.
    socket.write(Buffer.of(0x82, 1, 1));
    await closed;
    expect(answer.subarray(-4)).toEqual(Buffer.of(0x88, 2, 1002 >> 8, 1002 & 255));
    expect(service.counts.refused).toEqual({ "1002": 1 });
  });

  it("ignores unknown types from 0x80", async () => {
    const { port } = await start();
    const device = await openDevice(port);
    device.sendBytes(Uint8Array.of(0x80, 1, 2, 3, 4));
    await device.settled();
  });

  it("refuses slots beyond its limit and keeps the others", async () => {
    const { port } = await start({ maxTokens: 2 });
    const device = await openDevice(port);
    device.send({ type: "listen", entries: [rendezvous(0, 1, 1), rendezvous(2, 2, 1)] });
    expect((await device.next("listening")).entries).toEqual([
      { slot: 0, status: "waiting" },
      { slot: 2, status: "limit" },
    ]);
  });

  it("closes a socket without HELLO, one without a rendezvous, and one that is silent", async () => {
    const { port } = await start({
      helloMs: 200,
      idleMs: 300,
      pingSeconds: 0.2,
      deadMs: 300,
      sweepMs: 20,
    });
    const mute = await openRaw(port);
    const idle = await openDevice(port);
    const silent = await openDevice(port);
    silent.listen(0, 1, 1);
    expect(await mute.closed).toBe(4006);
    expect(await idle.closed).toBe(4007);
    expect(await silent.closed).toBe(4007);
    expect(silent.of("ping").length).toBe(1);
  });

  it("asks for its access token, and says when to come back without it", async () => {
    const { port } = await start({}, { accessToken: Buffer.from("open sesame") });
    const device = await openRaw(port);
    device.send(hello(Buffer.from("open sesami")));
    expect(await device.closed).toBe(4002);
    expect(device.of("error")).toEqual([{ type: "error", code: 4002, retryAfterSeconds: 3600 }]);
    const known = await openRaw(port);
    known.send(hello(Buffer.from("open sesame")));
    await known.next("welcome");
  });

  it("answers other paths, subprotocols and plain requests without a socket", async () => {
    const service = await start();
    const { port } = service;
    const status = async (request: string): Promise<number> =>
      statusOf(await answerTo(port, request));
    expect(await status(upgradeRequest("/v2/abc"))).toBe(404);
    expect(await status(upgradeRequest("/v1/ABC"))).toBe(404);
    expect(await status(upgradeRequest("/", "masq.relay.2"))).toBe(400);
    expect(await status("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")).toBe(200);
    expect(await status("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).toBe(404);
    expect(await status(upgradeRequest("/", undefined, `X-Long: ${"x".repeat(5000)}`))).toBe(431);
    const device = await openDevice(port, { path: "/v1/0af" });
    expect(device.webSocket.protocol).toBe("masq.relay.1");
    expect(service.counts.refused).toEqual({ path: 2, subprotocol: 1 });
  });

  it("bounds sockets in all, per address, and how fast an address opens them", async () => {
    const full = await start({ maxSockets: 1 });
    await openDevice(full.port);
    expect(statusOf(await answerTo(full.port, upgradeRequest("/")))).toBe(503);
    const perAddress = await start({ maxSocketsPerAddress: 2 });
    const [first] = [await openDevice(perAddress.port), await openDevice(perAddress.port)];
    expect(statusOf(await answerTo(perAddress.port, upgradeRequest("/")))).toBe(429);
    await first.close();
    await openDevice(perAddress.port);
    const rate = await start({ addressBurst: 2, addressPerSecond: 0.001 });
    for (let count = 0; count < 2; count += 1) await (await openDevice(rate.port)).close();
    expect(statusOf(await answerTo(rate.port, upgradeRequest("/")))).toBe(429);
  });

  it("counts by the address its own proxy saw, never by one that a device made up", async () => {
    const limits = { maxSocketsPerAddress: 1 };
    const proxied = await start(limits, { behindProxy: true });
    const as = (text: string) => ({ headers: { "x-forwarded-for": text } });
    await openDevice(proxied.port, as("10.0.0.1, 192.0.2.1"));
    await openDevice(proxied.port, as("10.0.0.1, 192.0.2.2"));
    await openDevice(proxied.port, as("2001:db8:0:1::1"));
    const refusedFor = (text: string): Promise<string> =>
      answerTo(proxied.port, upgradeRequest("/", undefined, `X-Forwarded-For: ${text}`));
    expect(statusOf(await refusedFor("10.9.9.9, 192.0.2.1"))).toBe(429);
    expect(statusOf(await refusedFor("2001:db8::1:ffff:0:0:1"))).toBe(429);
    await openDevice(proxied.port, as("2001:db8:0:2::1"));
    const direct = await start(limits);
    await openDevice(direct.port, as("192.0.2.1"));
    expect(
      statusOf(
        await answerTo(direct.port, upgradeRequest("/", undefined, "X-Forwarded-For: 192.0.2.2")),
      ),
    ).toBe(429);
  });
});
