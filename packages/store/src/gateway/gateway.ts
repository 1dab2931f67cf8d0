/**
 * The store's door: an HTTP server on loopback whose WebSockets speak the local protocol. It checks who may connect,
 * runs the handshake, and keeps the list of live connections, so that a revocation ends them at once.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import {
  acceptConnection,
  ACCESS_TIMEOUT_MS,
  CLOSE_FAILED,
  CLOSE_GOING_AWAY,
  CLOSE_LIMIT,
  CLOSE_REPLACED,
  CLOSE_REVOKED,
  CLOSE_TIMEOUT,
  codeOf,
  LOCAL_SUBPROTOCOL,
  MasqError,
  MAX_FRAME_BYTES,
  MAX_MESSAGE_BYTES,
  ownNamespace,
  storeKeyFor,
  toHex,
  type Accepted,
  type Doorkeeper,
  type Grants,
  type Host,
  type LocalSession,
  Connection,
} from "@masq/core";
import { nodePrimitives, socketOf } from "@masq/node";
import type { Logger } from "pino";
import { WebSocketServer, type WebSocket } from "ws";
import { AdminService, type AdminServiceOptions } from "./admin-service.ts";
import { fitsOrigin, type LocalRelay } from "./local-relay.ts";
import type { AllowedBeforehand } from "./allowed-beforehand.ts";
import { AppService, type AppServiceOptions } from "./app-service.ts";
import type { Refusals } from "./refusals.ts";
import { checkUpgrade, isOwnHost } from "./upgrade-check.ts";

const LOOPBACK = "127.0.0.1";
const MAX_CONNECTIONS = 512;
const MAX_CONNECTIONS_PER_APP = 64;
/** Connections still in their handshake, which anybody on this computer can open. */
const MAX_HANDSHAKES = 64;
/** Of these, from one web origin, and from all native programs together: no page can keep others out. */
const MAX_HANDSHAKES_PER_ORIGIN = 8;
const MAX_NATIVE_HANDSHAKES = 48;
/** Connections of apps that have no grant, and how long one may stay: the time to ask and to be answered. */
const MAX_UNKNOWN = 32;
const UNKNOWN_LIFE_MS = ACCESS_TIMEOUT_MS + 10_000;
/** More than a request for access takes. */
const MAX_UNKNOWN_MESSAGE_BYTES = 16_384;

export interface GatewayOptions {
  readonly host: Host;
  readonly log: Logger;
  readonly refusals: Refusals;
  /** The secret the store's keys towards apps follow from. */
  readonly secret: Uint8Array;
  readonly adminKey: Uint8Array;
  readonly grants: Grants;
  readonly allowed: AllowedBeforehand;
  readonly relay: LocalRelay;
  readonly appServices: Pick<
    AppServiceOptions,
    | "grants"
    | "requests"
    | "replicas"
    | "instances"
    | "otherDevices"
    | "health"
    | "relayToken"
    | "joinCircle"
  >;
  readonly adminServices: Omit<AdminServiceOptions, "emit" | "replaced" | "disconnect">;
}

interface Live {
  readonly identity: string;
  readonly connection: Connection;
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #server: Server;
  readonly #webSockets: WebSocketServer;
  readonly #live = new Set<Live>();
  readonly #handshakesByOrigin = new Map<string | undefined, number>();
  #unknown = 0;
  #port = 0;
  #isClosing = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => this.#answerHttp(request, response));
    this.#webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      handleProtocols: () => LOCAL_SUBPROTOCOL,
    });
    this.#server.on("upgrade", (request, stream, head) => this.#upgrade(request, stream, head));
  }

  get port(): number {
    return this.#port;
  }

  /** Live connections whose handshake is done. */
  get connections(): number {
    return this.#live.size;
  }

  /** Takes the first free port of the list. Throws MASQ_PORT_IN_USE when none is. */
  async listen(ports: readonly number[]): Promise<number> {
    for (const port of ports) {
      if (await this.#tryListen(port)) {
        this.#port = (this.#server.address() as AddressInfo).port;
        this.#options.relay.start();
        return this.#port;
      }
    }
    throw new MasqError(
      "MASQ_PORT_IN_USE",
      `Another program uses port ${ports.join(", ")} of this computer. Stop it, or choose a port with --port. Your data are untouched.`,
    );
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const { connection } of this.#live) connection.close(CLOSE_GOING_AWAY);
    this.#options.relay.close();
    for (const webSocket of this.#webSockets.clients) webSocket.close(CLOSE_GOING_AWAY);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    // What has not said goodbye by now is let go.
    const timer = setTimeout(() => {
      for (const webSocket of this.#webSockets.clients) webSocket.terminate();
      this.#options.relay.terminate();
    }, 500);
    await closed;
    clearTimeout(timer);
  }

  #tryListen(port: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => {
        if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(false);
        else reject(error);
      };
      this.#server.once("error", failed);
      this.#server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
        this.#server.off("error", failed);
        resolve(true);
      });
    });
  }

  /** Only that a store answers: nothing else may be learnt before consent. */
  #answerHttp(request: IncomingMessage, response: ServerResponse): void {
    const isKnown = request.method === "GET" && request.url === "/health";
    const status = !isOwnHost(request.headers.host, this.#port) ? 421 : isKnown ? 200 : 404;
    response.writeHead(status, {
      "access-control-allow-origin": "*",
      "cache-control": "no-store",
      "content-type": "application/json",
      "x-content-type-options": "nosniff",
    });
    response.end(status === 200 ? `{"masq":"${LOCAL_SUBPROTOCOL}"}` : "{}");
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on("error", () => {});
    const check = checkUpgrade(request, this.#port);
    const { relay } = this.#options;
    const isFull = check.ok && (this.#isFull(check.origin) || (check.isRelay && relay.isFull));
    if (!check.ok || isFull || this.#isClosing) {
      const [status, reason] = check.ok
        ? [503, "Service Unavailable"]
        : [check.status, check.reason];
      this.#options.refusals.count(`status ${status}`);
      stream.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const { origin } = check;
    if (check.isRelay) {
      this.#countHandshake(origin, 1);
      let isSettled = false;
      const settled = (): void => {
        if (!isSettled) this.#countHandshake(origin, -1);
        isSettled = true;
      };
      return relay.accept({ request, stream, head, origin, settled });
    }
    this.#webSockets.handleUpgrade(request, stream, head, (webSocket) => {
      this.#countHandshake(origin, 1);
      this.#accept(webSocket, origin)
        .catch((error: unknown) => {
          const code = codeOf(error) ?? "MASQ_INTERNAL";
          this.#options.refusals.count(code);
          if (code === "MASQ_INTERNAL") {
            this.#options.log.error({ err: error }, "defect in a handshake");
          }
        })
        .finally(() => this.#countHandshake(origin, -1));
    });
  }

  #countHandshake(origin: string | undefined, change: 1 | -1): void {
    const count = (this.#handshakesByOrigin.get(origin) ?? 0) + change;
    if (count > 0) this.#handshakesByOrigin.set(origin, count);
    else this.#handshakesByOrigin.delete(origin);
  }

  #isFull(origin: string | undefined): boolean {
    const handshakes = [...this.#handshakesByOrigin.values()].reduce(
      (sum, count) => sum + count,
      0,
    );
    const mostOfOrigin = origin === undefined ? MAX_NATIVE_HANDSHAKES : MAX_HANDSHAKES_PER_ORIGIN;
    return (
      handshakes >= MAX_HANDSHAKES ||
      (this.#handshakesByOrigin.get(origin) ?? 0) >= mostOfOrigin ||
      this.#webSockets.clients.size >= MAX_CONNECTIONS
    );
  }

  async #accept(webSocket: WebSocket, origin: string | undefined): Promise<void> {
    const { host, secret, adminKey, grants } = this.#options;
    const door: Doorkeeper = {
      identify: (appId) => ownNamespace(origin, appId),
      grantedKey: (keyId) => {
        const found = grants.find(toHex(keyId));
        return found !== undefined && fitsOrigin(found.grant.identity, origin)
          ? { identity: found.grant.identity, publicKey: found.key.publicKey }
          : undefined;
      },
      adminKey: () => (origin === undefined ? adminKey : undefined),
      storeKey: (identity) => storeKeyFor(nodePrimitives, secret, identity),
    };
    const accepted = await acceptConnection(host, socketOf(webSocket), door);
    if (this.#isClosing) return accepted.session.close(CLOSE_GOING_AWAY);
    if (accepted.kind === "admin") return this.#serveAdmin(accepted);
    const isCrowded = this.#liveOf(accepted.identity).length >= MAX_CONNECTIONS_PER_APP;
    const isUnknownCrowded = accepted.kind === "unknown" && this.#unknown >= MAX_UNKNOWN;
    if (isCrowded || isUnknownCrowded) return accepted.session.close(CLOSE_LIMIT);
    this.#serveApp(accepted);
  }

  #serveApp(accepted: Exclude<Accepted, { kind: "admin" }>): void {
    const { host, allowed, appServices, grants, log } = this.#options;
    const { identity } = accepted;
    const keyId = accepted.kind === "granted" ? toHex(accepted.keyId) : undefined;
    const service = new AppService({
      ...appServices,
      identity,
      keyId,
      introduction:
        accepted.kind === "unknown" ? { appKey: accepted.appKey, code: accepted.code } : undefined,
      isAllowedBeforehand: allowed.has(identity),
      now: () => host.clock.now(),
      emit: (name, data) => connection.emit(name, data),
      replaced: () => connection.close(CLOSE_REPLACED),
      granted: () => {
        known();
        log.info({ app: identity }, "access granted");
      },
    });
    const known = keyId === undefined ? this.#limitUnknown(accepted.session) : () => {};
    const connection = this.#track(identity, accepted, service, known);
    connection.open();
    if (keyId === undefined) return;
    if (grants.find(keyId)?.key.revoked === true) {
      // Told by the store it trusts, not by whoever holds the port.
      connection.emit("revoked", null);
      connection.close(CLOSE_REVOKED);
      return;
    }
    grants.touch(keyId).catch((error: unknown) => log.warn({ err: error }, "last use not kept"));
  }

  /** Keeps a connection without a grant small and short; the returned function lifts that. */
  #limitUnknown(session: LocalSession): () => void {
    this.#unknown += 1;
    session.limitMessages(MAX_UNKNOWN_MESSAGE_BYTES);
    const cancel = this.#options.host.clock.setTimer(UNKNOWN_LIFE_MS, () =>
      session.close(CLOSE_TIMEOUT),
    );
    let isLifted = false;
    return () => {
      if (isLifted) return;
      isLifted = true;
      this.#unknown -= 1;
      cancel();
      session.limitMessages(MAX_MESSAGE_BYTES);
    };
  }

  #serveAdmin(accepted: Accepted): void {
    const service = new AdminService({
      ...this.#options.adminServices,
      disconnect: (identity) => this.#disconnect(identity),
      emit: (name, data) => connection.emit(name, data),
      replaced: () => connection.close(CLOSE_REPLACED),
    });
    const connection = this.#track("masq:admin", accepted, service, () => {});
    connection.open();
  }

  #track(
    identity: string,
    accepted: Accepted,
    service: AppService | AdminService,
    ended: () => void,
  ): Connection {
    const { log } = this.#options;
    const connection = new Connection({
      session: accepted.session,
      service,
      defect: (error) =>
        log.error({ err: error.cause ?? error }, "defect while answering a request"),
      closed: (code) => {
        this.#live.delete(live);
        ended();
        if (code === CLOSE_FAILED) this.#options.refusals.count("faulty record");
        else log.debug({ app: identity, code }, "connection closed");
      },
    });
    const live: Live = { identity, connection };
    this.#live.add(live);
    log.debug({ app: identity, kind: accepted.kind }, "connection open");
    return connection;
  }

  #liveOf(identity: string): Live[] {
    return [...this.#live].filter((live) => live.identity === identity);
  }

  #disconnect(identity: string): number {
    this.#options.allowed.revoke(identity);
    this.#options.relay.disconnect(identity);
    const live = this.#liveOf(identity);
    for (const { connection } of live) {
      connection.emit("revoked", null);
      connection.close(CLOSE_REVOKED);
    }
    return live.length;
  }
}
