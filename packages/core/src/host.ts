/**
 * All that core needs from the platform. Core itself does no I/O and reads no clock: whoever builds it
 * passes these in, so that a test or a simulator owns time, chance and the network.
 */
import type { DhKey, SymmetricPrimitives } from "./crypto/primitives.ts";

export interface Clock {
  /** Wall time in milliseconds since 1970. May be wrong by years and may jump. */
  now(): number;
  /** Milliseconds since some fixed moment; never goes back. */
  monotonic(): number;
  /** Runs `task` once after `delayMs`, 0 to 2^31 - 1; the returned function cancels it. */
  setTimer(delayMs: number, task: () => void): () => void;
}

/** Fills a new array with `length` bytes from a cryptographically secure source. */
export type Random = (length: number) => Uint8Array;

export interface Host {
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: SymmetricPrimitives;
  /** A fresh X25519 key pair. */
  readonly generateKey: () => Promise<DhKey>;
  /**
   * Where the platform can tell: calls `listener` when the network seems to have gone or come, which it may be wrong about,
   * until the function returned is called.
   */
  readonly onNetworkChange?: (listener: () => void) => () => void;
}

/** What a socket tells its owner. No handler may throw. */
export interface SocketHandlers {
  message(frame: Uint8Array): void;
  /** Called once, after which nothing else is. `code` is the WebSocket close code, 1006 when there was none. */
  close(code: number): void;
  /** The outgoing buffer has fallen back to nothing after `buffered` was seen above it. */
  drain(): void;
}

/** The smallest byte transport: whole binary frames, in order, both ways. */
export interface Socket {
  /** Bytes accepted by `send` and not yet handed to the network. */
  readonly buffered: number;
  attach(handlers: SocketHandlers): void;
  /** Queues one frame. After `close` it does nothing. */
  send(frame: Uint8Array): void;
  /** Stops reading where the platform can (a browser cannot); frames already read may still come. */
  pause(): void;
  resume(): void;
  /** Idempotent. `code` is sent as the WebSocket close code, without a text. */
  close(code: number): void;
}

/**
 * Opens a socket; rejects when nothing that speaks the subprotocol answers in time. Towards a store that is
 * MASQ_STORE_ABSENT or MASQ_STORE_UNREACHABLE; a caller that connects to something else says it in its own words.
 */
export type OpenSocket = (
  url: string,
  options: {
    readonly subprotocol: string;
    readonly timeoutMs: number;
    /** The largest frame to take, where the platform can tell; 65,535 when not given. */
    readonly maxFrameBytes?: number;
  },
) => Promise<Socket>;
