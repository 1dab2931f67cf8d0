/**
 * The devices connected to a relay, through whatever door they came in: what they may use together, and the exchange they
 * meet at. A sync service has one, and so has a store for the apps of its own computer.
 */
import type { Duplex } from "node:stream";
import { MAX_RELAY_FRAME_BYTES, RELAY_CLOSE, RELAY_SUBPROTOCOL } from "@masq/core/relay";
import type { ServerOptions, WebSocket } from "ws";
import { Connection } from "./connection.ts";
import { Counters } from "./counters.ts";
import { Exchange } from "./exchange.ts";
import { defaultLimits, type Limits } from "./limits.ts";

/** How a WebSocketServer of `ws` has to take the connections it hands to a hub. */
export const HUB_SERVER_OPTIONS: ServerOptions = {
  noServer: true,
  clientTracking: false,
  maxPayload: MAX_RELAY_FRAME_BYTES,
  perMessageDeflate: false,
  skipUTF8Validation: true,
  autoPong: false,
  handleProtocols: () => RELAY_SUBPROTOCOL,
};

export interface HubDoor {
  /** False for an access token that does not open this relay. Asked once. */
  readonly admits: (accessToken: Uint8Array) => boolean;
  readonly closed?: () => void;
}

/** A device's connection, as its door sees it. */
export interface HubConnection {
  /** Ends it; its peers are told at once. */
  end(code: number): void;
}

export interface HubCounts {
  readonly sockets: number;
  /** Rendezvous that somebody waits or meets at. */
  readonly tokens: number;
  readonly forwarded: number;
  readonly dropped: number;
  readonly buffered: number;
}

export class Hub {
  readonly #limits: Limits;
  readonly #counters: Counters;
  readonly #exchange: Exchange;
  readonly #connections = new Set<Connection>();
  #timer: NodeJS.Timeout | undefined;

  /** `counters` counts the connections that were ended, by close code. */
  constructor(limits: Partial<Limits> = {}, counters: Counters = new Counters()) {
    this.#limits = { ...defaultLimits(), ...limits };
    this.#counters = counters;
    this.#exchange = new Exchange(this.#limits.initialCredit);
  }

  get size(): number {
    return this.#connections.size;
  }

  get isFull(): boolean {
    return this.size >= this.#limits.maxSockets;
  }

  get counts(): HubCounts {
    return {
      sockets: this.size,
      tokens: this.#exchange.size,
      ...this.#exchange.counts,
      buffered: this.#buffered(),
    };
  }

  /** Takes a connection over: its WebSocket, and the stream that it runs on. */
  accept(webSocket: WebSocket, stream: Duplex, { admits, closed }: HubDoor): HubConnection {
    const connection = new Connection(webSocket, stream, {
      exchange: this.#exchange,
      limits: this.#limits,
      admits,
      ended: (code) => this.#counters.add(String(code)),
      closed: () => {
        this.#connections.delete(connection);
        closed?.();
      },
    });
    this.#connections.add(connection);
    return connection;
  }

  /** Looks after the limits that depend on time, from now on; `also` is called as often. */
  start(also: (now: number) => void = () => {}): void {
    this.#timer = setInterval(() => {
      const now = performance.now();
      for (const connection of this.#connections) connection.sweep(now);
      if (this.#buffered() > this.#limits.totalBufferBytes) this.#shed();
      also(now);
    }, this.#limits.sweepMs);
  }

  /** Says goodbye to all. */
  stop(): void {
    clearInterval(this.#timer);
    for (const connection of this.#connections) connection.end(RELAY_CLOSE.goingAway);
  }

  /** Cuts whoever has not answered the goodbye. */
  terminate(): void {
    for (const connection of this.#connections) connection.terminate();
  }

  #buffered(): number {
    let buffered = 0;
    for (const connection of this.#connections) buffered += connection.buffered;
    return buffered;
  }

  /** Lets those go for whom most waits, until what waits for all is within its bound. */
  #shed(): void {
    let rest = this.#buffered();
    const fullest = [...this.#connections].toSorted((a, b) => b.buffered - a.buffered);
    for (const connection of fullest) {
      if (rest <= this.#limits.totalBufferBytes) break;
      rest -= connection.buffered;
      connection.end(RELAY_CLOSE.overload);
    }
  }
}
