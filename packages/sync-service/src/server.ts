/**
 * The sync service: an HTTP or HTTPS server whose WebSockets speak the relay protocol (docs/relay.md). It keeps nothing
 * but what the connected devices need, in memory, and says of them only how many there are.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { isIP, type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { RELAY_SUBPROTOCOL, SYNC_SERVICE_PORT } from "@masq/core/relay";
import { pino, type Logger } from "pino";
import { WebSocketServer } from "ws";
import { Addresses } from "./addresses.ts";
import { Counters } from "./counters.ts";
import { Hub, HUB_SERVER_OPTIONS, type HubCounts } from "./hub.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { badCertificate, checkPlaintext, listenFailed } from "./start-errors.ts";

const HEAD_BYTES = 4 * 1024;
const HEAD_MS = 5_000;
const KEEP_ALIVE_MS = 15_000;
const ACCEPT_QUEUE = 4_096;
const FAREWELL_MS = 1_000;
/** How often counts are logged, if there is anything new. */
const REPORT_MS = 60_000;

const REFUSALS = {
  path: "404 Not Found",
  subprotocol: "400 Bad Request",
  address: "429 Too Many Requests",
  full: "503 Service Unavailable",
} as const;
type Refusal = keyof typeof REFUSALS;

export interface TlsFiles {
  /** PEM. */
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
}

export interface SyncServiceOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 16278; 0 takes any free one. */
  readonly port?: number;
  /** Without it the service speaks plaintext, on loopback or behind a proxy only. */
  readonly tls?: TlsFiles;
  /** A proxy in front ends TLS and names the device in the last entry of X-Forwarded-For. */
  readonly behindProxy?: boolean;
  /** What devices have to show in HELLO; without it the service is open to all. */
  readonly accessToken?: Uint8Array;
  readonly limits?: Partial<Limits>;
  /** Default: none. */
  readonly log?: Logger;
}

export interface SyncServiceCounts extends HubCounts {
  /** Refused before the upgrade by reason, and ended by close code. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface SyncService extends AsyncDisposable {
  readonly port: number;
  readonly counts: SyncServiceCounts;
  /** Takes another certificate for connections from now on. Throws MASQ_CONFIG_INVALID and keeps the old one. */
  replaceCertificate(tls: TlsFiles): void;
  /** Ends all connections and stops listening. Idempotent. */
  stop(): Promise<void>;
}

const serverOptions = {
  maxHeaderSize: HEAD_BYTES,
  headersTimeout: HEAD_MS,
  requestTimeout: HEAD_MS,
  connectionsCheckingInterval: 1_000,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_MS,
} as const;

const tlsContext = ({ cert, key }: TlsFiles): { cert: Buffer; key: Buffer } => ({
  cert: Buffer.from(cert),
  key: Buffer.from(key),
});

const createServerFor = (tls: TlsFiles | undefined): Server | TlsServer => {
  if (tls === undefined) return createServer(serverOptions);
  try {
    return createTlsServer({
      ...serverOptions,
      ...tlsContext(tls),
      minVersion: "TLSv1.2",
      handshakeTimeout: HEAD_MS,
    });
  } catch (error) {
    throw badCertificate(error);
  }
};

/** Compares hashes: neither length nor content of the right token shows in the time this takes. */
const tokenCheck = (expected: Uint8Array | undefined): ((shown: Uint8Array) => boolean) => {
  if (expected === undefined) return () => true;
  const hash = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
  const wanted = hash(expected);
  return (shown) => timingSafeEqual(hash(shown), wanted);
};

class Relay implements SyncService {
  readonly #limits: Limits;
  readonly #log: Logger;
  readonly #behindProxy: boolean;
  readonly #server: Server | TlsServer;
  readonly #isTls: boolean;
  readonly #webSockets: WebSocketServer;
  readonly #addresses: Addresses;
  readonly #counters = new Counters();
  readonly #hub: Hub;
  readonly #admits: (accessToken: Uint8Array) => boolean;
  #timer: NodeJS.Timeout | undefined;
  #port = 0;
  #reported = 0;
  #stopping: Promise<void> | undefined;

  constructor(options: SyncServiceOptions) {
    this.#limits = { ...defaultLimits(), ...options.limits };
    this.#log = options.log ?? pino({ level: "silent" });
    this.#behindProxy = options.behindProxy ?? false;
    this.#addresses = new Addresses(this.#limits);
    this.#hub = new Hub(this.#limits, this.#counters);
    this.#admits = tokenCheck(options.accessToken);
    this.#webSockets = new WebSocketServer(HUB_SERVER_OPTIONS);
    this.#isTls = options.tls !== undefined;
    this.#server = createServerFor(options.tls);
    this.#server.on("request", (request, response) => this.#answerHttp(request, response));
    this.#server.on("upgrade", (request, stream, head) => this.#upgrade(request, stream, head));
    // Sockets that are still at their head or TLS handshake count too, but must not use up all.
    this.#server.maxConnections = Math.ceil(this.#limits.maxSockets * 1.1) + 8;
  }

  get port(): number {
    return this.#port;
  }

  get counts(): SyncServiceCounts {
    return {
      ...this.#hub.counts,
      refused: this.#counters.all,
    };
  }

  async listen(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(listenFailed(error, port));
      this.#server.once("error", failed);
      this.#server.listen({ host, port, backlog: ACCEPT_QUEUE }, () => {
        this.#server.off("error", failed);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    // Running out of files must not end those who are connected.
    this.#server.on("error", () => this.#counters.add("accept"));
    this.#hub.start((now) => this.#addresses.sweep(now));
    this.#timer = setInterval(() => this.#report(), REPORT_MS);
    this.#log.info({ port: this.port, tls: this.#isTls }, "ready");
  }

  replaceCertificate(tls: TlsFiles): void {
    if (!("setSecureContext" in this.#server)) return;
    try {
      this.#server.setSecureContext({ ...tlsContext(tls), minVersion: "TLSv1.2" });
    } catch (error) {
      throw badCertificate(error);
    }
    this.#log.info("certificate replaced");
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    this.#hub.stop();
    // What has not said goodbye by then is cut.
    const timer = setTimeout(() => {
      this.#hub.terminate();
      this.#server.closeAllConnections();
    }, FAREWELL_MS);
    await closed;
    clearTimeout(timer);
    const { forwarded, dropped } = this.#hub.counts;
    this.#log.info({ refused: this.#counters.all, forwarded, dropped }, "stopped");
  }

  #answerHttp(request: IncomingMessage, response: ServerResponse): void {
    const isHealth = request.method === "GET" && request.url === "/healthz";
    response.writeHead(isHealth ? 200 : 404, {
      "cache-control": "no-store",
      "content-type": "text/plain",
      connection: "close",
    });
    response.end(isHealth ? "ok\n" : "This is a Masq sync service.\n");
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on("error", () => {});
    const refusal = this.#check(request, stream);
    if (refusal !== undefined) {
      this.#counters.add(refusal);
      stream.end(
        `HTTP/1.1 ${REFUSALS[refusal]}\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 30\r\n\r\n`,
      );
      return;
    }
    this.#webSockets.handleUpgrade(request, stream, head, (webSocket) => {
      this.#hub.accept(webSocket, stream, { admits: this.#admits });
    });
  }

  #check(request: IncomingMessage, stream: Duplex): Refusal | undefined {
    if (!/^\/(?:v1\/[0-9a-f]{3})?$/.test(request.url ?? "")) return "path";
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",");
    if (!offered.some((name) => name.trim() === RELAY_SUBPROTOCOL)) return "subprotocol";
    if (this.#hub.isFull || this.#stopping !== undefined) return "full";
    const leave = this.#addresses.admit(this.#addressOf(request), performance.now());
    if (leave === undefined) return "address";
    stream.once("close", leave);
    return undefined;
  }

  #addressOf(request: IncomingMessage): string {
    const direct = request.socket.remoteAddress ?? "";
    if (!this.#behindProxy) return direct;
    // Only the last entry was written by our own proxy; a device can make up the others.
    const entries = String(request.headers["x-forwarded-for"] ?? "").split(",");
    const named = (entries.at(-1) ?? "").trim();
    return isIP(named) === 0 ? direct : named;
  }

  #report(): void {
    if (this.#counters.total === this.#reported) return;
    this.#reported = this.#counters.total;
    this.#log.info({ refused: this.#counters.all }, "refused so far");
  }
}

/**
 * Starts a sync service. Rejects with MASQ_CONFIG_INVALID for plaintext that others could read along or a certificate
 * that is none, and with MASQ_PORT_IN_USE.
 */
export const startSyncService = async (options: SyncServiceOptions = {}): Promise<SyncService> => {
  const { host = "127.0.0.1", port = SYNC_SERVICE_PORT } = options;
  checkPlaintext(options, host);
  const relay = new Relay(options);
  await relay.listen(host, port);
  return relay;
};
