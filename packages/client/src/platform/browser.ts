/** MasqClient in a browser: WebCrypto's X25519 with @noble for the rest, the page's WebSocket, a non-extractable key in IndexedDB. */
import {
  MasqError,
  nobleSymmetric,
  ownNamespace,
  type Host,
  type OpenSocket,
  type Socket,
  type SocketHandlers,
} from "@masq/core";
import { readGrant, openCredentials } from "./browser-credentials.ts";
import { dhKey, generateKeyPair } from "./browser-keys.ts";
import type { Platform } from "./platform.ts";

const host: Host = {
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    setTimer: (delayMs, task) => {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  },
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  crypto: nobleSymmetric,
  generateKey: async () => dhKey(await generateKeyPair()),
  onNetworkChange(listener) {
    const ended = new AbortController();
    for (const event of ["offline", "online"])
      addEventListener(event, listener, { signal: ended.signal });
    return () => ended.abort();
  },
};

/** A page is not told when its outgoing buffer empties, so it looks, and only while there is something in it. */
const DRAIN_CHECK_MS = 20;

const socketOf = (webSocket: WebSocket): Socket => {
  let handlers: SocketHandlers | undefined;
  let closed: number | undefined;
  let isChecking = false;
  const early: Uint8Array[] = [];
  webSocket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (!(data instanceof ArrayBuffer)) return webSocket.close();
    const frame = new Uint8Array(data);
    if (handlers === undefined) early.push(frame);
    else handlers.message(frame);
  };
  webSocket.onclose = ({ code }) => {
    closed = code;
    handlers?.close(code);
  };
  const checkDrain = (): void => {
    isChecking = webSocket.bufferedAmount > 0 && webSocket.readyState === WebSocket.OPEN;
    if (isChecking) setTimeout(checkDrain, DRAIN_CHECK_MS);
    else handlers?.drain();
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
      webSocket.send(frame as Uint8Array<ArrayBuffer>);
      if (isChecking || webSocket.bufferedAmount === 0) return;
      isChecking = true;
      setTimeout(checkDrain, DRAIN_CHECK_MS);
    },
    pause() {},
    resume() {},
    close(code) {
      // A page may close with 1000 or a code of 3000 and above, nothing else.
      webSocket.close(code === 1000 || code >= 3000 ? code : 1000);
    },
  };
};

/** The constructor throws for mixed content (and in Firefox for a Content-Security-Policy); Chromium only fires `error`. */
const openSocket: OpenSocket = (url, { subprotocol, timeoutMs }) =>
  new Promise((resolve, reject) => {
    const failed = (cause?: unknown): void => {
      clearTimeout(timer);
      reject(
        new MasqError(
          "MASQ_STORE_ABSENT",
          "No Masq store can be reached on this computer from this page.",
          { cause },
        ),
      );
    };
    let webSocket: WebSocket | undefined;
    const timer = setTimeout(() => {
      webSocket?.close();
      failed();
    }, timeoutMs);
    try {
      webSocket = new WebSocket(url, subprotocol);
    } catch (error) {
      return failed(error);
    }
    const opening = webSocket;
    opening.binaryType = "arraybuffer";
    opening.onerror = opening.onclose = failed;
    opening.onopen = () => {
      clearTimeout(timer);
      opening.onerror = null;
      resolve(socketOf(opening));
    };
  });

export const platform: Platform = {
  host,
  openSocket,

  identify() {
    const identity = ownNamespace(location.origin, "");
    if (identity === undefined) {
      throw new MasqError(
        "MASQ_OPTION_INVALID",
        "A web app needs a secure origin: https, or http on this computer.",
      );
    }
    return { identity, appId: "" };
  },

  looksForStore: false,
  readGrant,
  hasOwnData: async () => false,
  openCredentials,
};
