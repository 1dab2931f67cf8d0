import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type { Socket } from "@masq/core";
import { socketCases } from "@masq/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { openWebSocket, socketOf } from "./web-socket.ts";

const SUBPROTOCOL = "masq.test.1";
const options = { subprotocol: SUBPROTOCOL, timeoutMs: 2_000 };

let server: WebSocketServer;

const urlOf = ({ port }: AddressInfo): string => `ws://127.0.0.1:${port}`;

beforeAll(async () => {
  server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  await new Promise((resolve) => server.once("listening", resolve));
});

afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

/** Both ends of a real connection on loopback. */
const openPair = async (): Promise<readonly [Socket, Socket]> => {
  const accepted = new Promise<WebSocket>((resolve) => server.once("connection", resolve));
  const near = await openWebSocket(urlOf(server.address() as AddressInfo), options);
  return [near, socketOf(await accepted)];
};

describe("a WebSocket of Node", () => {
  it.each(socketCases)("$name", ({ run }) => run(openPair));

  it("nobody listening, and something that is no WebSocket server, are an absent store", async () => {
    const silent = createServer((stream) => {
      stream.on("error", () => {});
      stream.end("SSH-2.0-nothing\r\n", () => stream.destroy());
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const url = urlOf(silent.address() as AddressInfo);
    await expect(openWebSocket(url, options)).rejects.toMatchObject({ code: "MASQ_STORE_ABSENT" });
    await new Promise((resolve) => silent.close(resolve));
    await expect(openWebSocket(url, options)).rejects.toMatchObject({ code: "MASQ_STORE_ABSENT" });
  });
});
