/**
 * The relay on the store's own port, for apps of this computer that have access: there an app that holds its data itself,
 * in a browser or not, meets the store as it meets its other devices at a sync service (docs/protocol.md, "The store's
 * relay"). No other device is let in.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  KEY_ID_BYTES,
  keyIdOfRelayToken,
  relayToken,
  toHex,
  type Grants,
  type Host,
  type NamespaceId,
} from "@masq/core";
import { RELAY_CLOSE } from "@masq/core/peer";
import { Hub, HUB_SERVER_OPTIONS, type HubConnection } from "@masq/sync-service";
import { WebSocketServer } from "ws";

/** Of all apps together, the store's own among them, and of one app. */
const MAX_CONNECTIONS = 128;
const MAX_CONNECTIONS_PER_APP = 16;
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;
/** No app has this key id: the store itself. */
const OWN_KEY_ID = new Uint8Array(KEY_ID_BYTES);

/** Whether this app could have sent such an Origin: a web app its own, a native app none. */
export const fitsOrigin = (identity: NamespaceId, origin: string | undefined): boolean =>
  identity.startsWith("app:") ? origin === undefined : identity === origin;

export interface LocalRelayOptions {
  readonly host: Host;
  readonly secret: Uint8Array;
  readonly grants: Grants;
  /** An app holds its data itself and wants to meet the store for them, or wants that no longer. */
  readonly met: (app: NamespaceId, isThere: boolean) => void;
}

export interface LocalUpgrade {
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  readonly head: Buffer;
  readonly origin: string | undefined;
  /** Called once, when the device has shown who it is, or has gone. */
  readonly settled: () => void;
}

export class LocalRelay {
  readonly #options: LocalRelayOptions;
  readonly #hub: Hub;
  readonly #webSockets = new WebSocketServer(HUB_SERVER_OPTIONS);
  readonly #connectionsByApp = new Map<NamespaceId, Set<HubConnection>>();

  constructor(options: LocalRelayOptions) {
    this.#options = options;
    this.#hub = new Hub({ maxSockets: MAX_CONNECTIONS, totalBufferBytes: MAX_BUFFERED_BYTES });
  }

  start(): void {
    this.#hub.start();
  }

  get isFull(): boolean {
    return this.#hub.isFull;
  }

  /** What the store shows when it meets its apps here. */
  get ownToken(): Uint8Array {
    return this.tokenFor(OWN_KEY_ID);
  }

  /** What the app with this key has to show. */
  tokenFor(keyId: Uint8Array): Uint8Array {
    const { host, secret } = this.#options;
    return relayToken(host.crypto, secret, keyId);
  }

  accept({ request, stream, head, origin, settled }: LocalUpgrade): void {
    this.#webSockets.handleUpgrade(request, stream, head, (webSocket) => {
      let app: NamespaceId | undefined;
      const connection = this.#hub.accept(webSocket, stream, {
        admits: (token) => {
          const admitted = this.#admit(token, origin);
          if (admitted === "store") settled();
          if (admitted === undefined || admitted === "store") return admitted === "store";
          settled();
          app = admitted;
          this.#enter(app, connection);
          return true;
        },
        closed: () => {
          settled();
          if (app !== undefined) this.#leave(app, connection);
        },
      });
    });
  }

  /** Ends the connections of an app, whose access was withdrawn. */
  disconnect(app: string): void {
    for (const connection of this.#connectionsByApp.get(app as NamespaceId) ?? [])
      connection.end(RELAY_CLOSE.accessToken);
  }

  close(): void {
    this.#hub.stop();
  }

  terminate(): void {
    this.#hub.terminate();
  }

  #admit(token: Uint8Array, origin: string | undefined): NamespaceId | "store" | undefined {
    const { host, secret, grants } = this.#options;
    const keyId = keyIdOfRelayToken(host.crypto, secret, token);
    if (keyId === undefined) return undefined;
    const name = toHex(keyId);
    if (name === toHex(OWN_KEY_ID)) return origin === undefined ? "store" : undefined;
    const found = grants.find(name);
    if (found === undefined || found.key.revoked) return undefined;
    const { identity, namespaces } = found.grant;
    const count = this.#connectionsByApp.get(identity)?.size ?? 0;
    const isAllowed = fitsOrigin(identity, origin) && namespaces.includes(identity);
    return isAllowed && count < MAX_CONNECTIONS_PER_APP ? identity : undefined;
  }

  #enter(app: NamespaceId, connection: HubConnection): void {
    const connections = this.#connectionsByApp.get(app) ?? new Set();
    connections.add(connection);
    this.#connectionsByApp.set(app, connections);
    if (connections.size === 1) this.#options.met(app, true);
  }

  #leave(app: NamespaceId, connection: HubConnection): void {
    const connections = this.#connectionsByApp.get(app);
    connections?.delete(connection);
    if (connections?.size !== 0) return;
    this.#connectionsByApp.delete(app);
    this.#options.met(app, false);
  }
}
