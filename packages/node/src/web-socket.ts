/** Core's Socket over a WebSocket of the `ws` library, and how to open one. */
import { MasqError, type OpenSocket, type Socket, type SocketHandlers } from "@masq/core";
import { WebSocket, type RawData } from "ws";

const FAREWELL_MS = 2_000;

/** The bytes of a message as ws hands them over; undefined for a text message. */
const binaryFrame = (data: RawData, isBinary: boolean): Uint8Array | undefined => {
  if (!isBinary) return undefined;
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data));
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
};

/** Takes over a WebSocket that is open. A text message closes it: the protocol has none. */
export const socketOf = (webSocket: WebSocket): Socket => {
  let handlers: SocketHandlers | undefined;
  let closed: number | undefined;
  let wasBuffered = false;
  const early: Uint8Array[] = [];

  webSocket.on("message", (data: RawData, isBinary: boolean) => {
    const frame = binaryFrame(data, isBinary);
    if (frame === undefined) webSocket.close(1003);
    else if (handlers === undefined) early.push(frame);
    else handlers.message(frame);
  });
  webSocket.on("close", (code) => {
    closed = code;
    handlers?.close(code);
  });
  // "close" always follows and carries all that is to be known.
  webSocket.on("error", () => {});

  const sent = (): void => {
    if (!wasBuffered || webSocket.bufferedAmount > 0) return;
    wasBuffered = false;
    handlers?.drain();
  };

  return {
    get buffered() {
      return webSocket.bufferedAmount;
    },
    attach(next) {
      handlers = next;
      for (const frame of early.splice(0)) next.message(frame);
      if (closed !== undefined) next.close(closed);
    },
    send(frame) {
      if (webSocket.readyState !== WebSocket.OPEN) return;
      webSocket.send(frame, sent);
      wasBuffered ||= webSocket.bufferedAmount > 0;
    },
    pause() {
      if (webSocket.readyState === WebSocket.OPEN) webSocket.pause();
    },
    resume() {
      if (webSocket.isPaused) webSocket.resume();
    },
    close(code) {
      // Nothing would ever clear the timer of one that is closed already.
      if (closed !== undefined) return;
      if (webSocket.isPaused) webSocket.resume();
      webSocket.close(code);
      // An end that never answers the farewell is let go.
      const timer = setTimeout(() => webSocket.terminate(), FAREWELL_MS);
      timer.unref();
      webSocket.once("close", () => clearTimeout(timer));
    },
  };
};

/** Opens a WebSocket; nothing listening or something else answering is MASQ_STORE_ABSENT. */
export const openWebSocket: OpenSocket = (
  url,
  { subprotocol, timeoutMs, maxFrameBytes = 65_535 },
) =>
  new Promise((resolve, reject) => {
    const webSocket = new WebSocket(url, subprotocol, {
      perMessageDeflate: false,
      handshakeTimeout: timeoutMs,
      maxPayload: maxFrameBytes,
      skipUTF8Validation: true,
    });
    const failed = (cause: unknown): void => {
      reject(
        new MasqError(
          "MASQ_STORE_ABSENT",
          "No Masq store answers on this computer. Start it with: masq start",
          {
            cause,
          },
        ),
      );
    };
    webSocket.once("error", failed);
    webSocket.once("open", () => {
      webSocket.off("error", failed);
      resolve(socketOf(webSocket));
    });
  });
