/** MasqClient in a browser: WebCrypto's X25519 with @noble for the rest, the page's WebSocket, a non-extractable key in IndexedDB. */
import {
  MasqError,
  nobleSymmetric,
  ownNamespace,
  sessionFailed,
  type Host,
  type OpenSocket,
  type Socket,
  type SocketHandlers,
  type DhKey,
} from "@masq/core";
import { openDB, type DBSchema } from "idb";
import type { Platform, StoreGrant } from "./platform.ts";

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
};

/** A page is not told when its outgoing buffer empties, so it looks, and only while there is something in it. */
const DRAIN_CHECK_MS = 20;

const socketOf = (webSocket: WebSocket): Socket => {
  let handlers: SocketHandlers | undefined;
  let closed: number | undefined;
  let isChecking = false;
  const early: Uint8Array[] = [];
  webSocket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (!(data instanceof ArrayBuffer)) return webSocket.close();
    const frame = new Uint8Array(data);
    if (handlers === undefined) early.push(frame);
    else handlers.message(frame);
  });
  webSocket.addEventListener("close", ({ code }) => {
    closed = code;
    handlers?.close(code);
  });
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
    opening.addEventListener("error", failed, { once: true });
    opening.addEventListener("close", failed, { once: true });
    opening.addEventListener(
      "open",
      () => {
        clearTimeout(timer);
        opening.removeEventListener("error", failed);
        opening.removeEventListener("close", failed);
        resolve(socketOf(opening));
      },
      { once: true },
    );
  });

interface CredentialRecord {
  readonly keys: CryptoKeyPair;
  readonly grant: StoreGrant | undefined;
}

interface CredentialSchema extends DBSchema {
  credentials: { key: string; value: CredentialRecord };
}

const X25519 = { name: "X25519" };

/** Non-extractable: the private half never leaves the browser's own keeping. */
const generateKeyPair = async (): Promise<CryptoKeyPair> =>
  (await crypto.subtle.generateKey(X25519, false, ["deriveBits"])) as CryptoKeyPair;

const dhKey = async ({ publicKey, privateKey }: CryptoKeyPair): Promise<DhKey> => ({
  publicKey: new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)),
  async dh(peer) {
    try {
      const key = await crypto.subtle.importKey(
        "raw",
        peer as Uint8Array<ArrayBuffer>,
        X25519,
        false,
        [],
      );
      const shared = await crypto.subtle.deriveBits(
        { name: "X25519", public: key },
        privateKey,
        256,
      );
      const bytes = new Uint8Array(shared);
      // Older engines hand out the all-zero result instead of refusing it (RFC 7748, section 6.1).
      if (bytes.every((byte) => byte === 0)) throw sessionFailed();
      return bytes;
    } catch (cause) {
      throw sessionFailed(cause);
    }
  },
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

  async openCredentials(identity) {
    if (globalThis.crypto?.subtle === undefined) {
      throw new MasqError(
        "MASQ_OPTION_INVALID",
        "This page has no access to WebCrypto: serve it over https.",
      );
    }
    const database = await openDB<CredentialSchema>("masq", 1, {
      upgrade: (db) => void db.createObjectStore("credentials"),
    });
    let record = await database.get("credentials", identity);
    if (record === undefined) {
      const keys = await generateKeyPair();
      // Two tabs may get here at once: the first to write decides for both.
      const transaction = database.transaction("credentials", "readwrite", {
        durability: "strict",
      });
      record = (await transaction.store.get(identity)) ?? { keys, grant: undefined };
      await transaction.store.put(record, identity);
      await transaction.done;
    }
    let current = record;
    return {
      key: await dhKey(record.keys),
      get grant() {
        return current.grant;
      },
      async saveGrant(grant) {
        current = { ...current, grant };
        await database.put("credentials", current, identity);
      },
    };
  },
};
