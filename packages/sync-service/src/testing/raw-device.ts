/** A device that speaks frame by frame and can break every rule, for tests of the service. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import {
  decodeFrame,
  encodeFrame,
  MAX_RELAY_FRAME_BYTES,
  RELAY_SUBPROTOCOL,
  type RelayFrame,
} from "@masq/core/relay";
import { WebSocket } from "ws";

type Type = RelayFrame["type"];
type Of<Name extends Type> = Extract<RelayFrame, { type: Name }>;

const GUARD_MS = 20_000;

export class RawDevice {
  readonly webSocket: WebSocket;
  readonly frames: RelayFrame[] = [];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  readonly #checks = new Set<() => void>();

  constructor(webSocket: WebSocket) {
    this.webSocket = webSocket;
    this.closed = new Promise((resolve) => {
      webSocket.on("close", (code) => resolve(code));
    });
    webSocket.on("error", () => {});
    webSocket.on("message", (data: Buffer) => {
      this.frames.push(decodeFrame(data) as RelayFrame);
      for (const check of this.#checks) check();
    });
  }

  send(frame: RelayFrame): void {
    this.webSocket.send(encodeFrame(frame));
  }

  sendBytes(bytes: Uint8Array): void {
    this.webSocket.send(bytes);
  }

  of<Name extends Type>(type: Name): Of<Name>[] {
    return this.frames.filter((frame): frame is Of<Name> => frame.type === type);
  }

  /** Waits until so many frames of a type have come; the last of them. */
  async next<Name extends Type>(type: Name, count = 1): Promise<Of<Name>> {
    await new Promise<void>((resolve, reject) => {
      const guard = setTimeout(() => {
        this.#checks.delete(check);
        reject(new Error(`waited in vain for ${count} ${type}; ${this.of(type).length} came`));
      }, GUARD_MS);
      const check = (): void => {
        if (this.of(type).length < count) return;
        this.#checks.delete(check);
        clearTimeout(guard);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
    return this.of(type)[count - 1] as Of<Name>;
  }

  listen(slot: number, id: number, side: number): void {
    this.send({ type: "listen", entries: [rendezvous(slot, id, side)] });
  }

  /** Everything sent before has been dealt with. */
  async settled(): Promise<void> {
    const count = this.of("pong").length + 1;
    this.send({ type: "ping", nonce: new Uint8Array(8) });
    await this.next("pong", count);
  }

  async close(): Promise<void> {
    this.webSocket.close(1000);
    await this.closed;
  }
}

export const rendezvous = (
  slot: number,
  id: number,
  side: number,
): { slot: number; id: Uint8Array; sideKey: Uint8Array } => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, id);
  return { slot, id: bytes, sideKey: new Uint8Array(16).fill(side) };
};

export const hello = (accessToken: Uint8Array = new Uint8Array(0)): RelayFrame => ({
  type: "hello",
  features: 0,
  largestFrame: MAX_RELAY_FRAME_BYTES,
  accessToken,
});

/** A WebSocket that has said nothing yet. */
export const openRaw = async (
  port: number,
  options: {
    readonly path?: string;
    readonly subprotocol?: string;
    readonly headers?: Record<string, string>;
    readonly ca?: string;
  } = {},
): Promise<RawDevice> => {
  const { path = "/", subprotocol = RELAY_SUBPROTOCOL, headers, ca } = options;
  const url = `${ca === undefined ? "ws" : "wss"}://127.0.0.1:${port}${path}`;
  const webSocket = new WebSocket(url, subprotocol, {
    perMessageDeflate: false,
    ...(headers !== undefined && { headers }),
    ...(ca !== undefined && { ca }),
  });
  const device = new RawDevice(webSocket);
  await once(webSocket, "open");
  return device;
};

/** A device that has been welcomed. */
export const openDevice = async (
  port: number,
  options: Parameters<typeof openRaw>[1] = {},
): Promise<RawDevice> => {
  const device = await openRaw(port, options);
  device.send(hello());
  await device.next("welcome");
  return device;
};

/** Two devices that meet, each in slot 1, in its first epoch. */
export const openPair = async (port: number, id = 1): Promise<[RawDevice, RawDevice]> => {
  const [a, b] = [await openDevice(port), await openDevice(port)];
  a.listen(1, id, 1);
  b.listen(1, id, 2);
  await a.next("peer-up");
  await b.next("peer-up");
  return [a, b];
};

/** What the service answers to a request written by hand, up to the end of the connection. */
export const answerTo = async (port: number, request: string): Promise<string> => {
  const socket: Socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
  socket.on("error", () => {});
  socket.write(request);
  await once(socket, "close");
  return answer;
};

export const upgradeRequest = (
  path: string,
  subprotocol: string = RELAY_SUBPROTOCOL,
  more = "",
): string =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    `Sec-WebSocket-Protocol: ${subprotocol}`,
    ...(more === "" ? [] : [more]),
    "\r\n",
  ].join("\r\n");
