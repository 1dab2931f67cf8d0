/**
 * One device's socket: what it says is checked here, what it may use is bounded here. It is not read while somebody it
 * sends to does not keep up, while it has sent more than its share, or while it does not read what is sent to it.
 */
import type { Duplex } from "node:stream";
import {
  decodeFrame,
  encodeFrame,
  FRAME_HEAD_BYTES,
  FRAME_TYPES,
  MAX_RELAY_FRAME_BYTES,
  PING_BYTES,
  RELAY_CLOSE,
  type HelloFrame,
  type ListenEntry,
  type ListenStatus,
  type RelayFrame,
} from "@masq/core/relay";
import type { WebSocket } from "ws";
import type { Device, Exchange, Side } from "./exchange.ts";
import { Backlog } from "./backlog.ts";
import { Bucket, type Limits } from "./limits.ts";

/** A frame of a few bytes costs about as much as one of this many. */
const SMALLEST_COST = 256;
/** A device that is not read gets a sign of life this often, since its own questions stay unanswered. */
const SIGN_OF_LIFE_MS = 5_000;
/** How long an end that was told goodbye has to answer. */
const FAREWELL_MS = 2_000;
/** In ERROR: when somebody turned away may come back. */
const RETRY_AFTER_SECONDS: ReadonlyMap<number, number> = new Map([
  [RELAY_CLOSE.version, 3600],
  [RELAY_CLOSE.accessToken, 3600],
  [RELAY_CLOSE.tokens, 60],
  [RELAY_CLOSE.overload, 30],
]);

export interface ConnectionContext {
  readonly exchange: Exchange;
  readonly limits: Limits;
  /** False for an access token that does not open this service. */
  readonly admits: (accessToken: Uint8Array) => boolean;
  /** The connection was ended by us with this code. */
  readonly ended: (code: number) => void;
  readonly closed: (connection: Connection) => void;
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");

export class Connection implements Device {
  readonly #webSocket: WebSocket;
  readonly #context: ConnectionContext;
  readonly #backlog: Backlog;
  readonly #bytes: Bucket;
  #listens: Bucket | undefined;
  #state: "new" | "open" | "ending" = "new";
  /** By slot number. */
  readonly #sides: (Side | undefined)[] = [];
  #held = 0;
  /** The last epoch of each slot number, kept when the slot is given up: frames of it may still be on their way. */
  #epochs: Uint8Array | undefined;
  /** When the state began, or the last slot was given up. */
  #since: number;
  #heardAt: number;
  #pingedAt = -Infinity;
  /** How many reasons there are not to read from this device. */
  #holds = 0;
  #isThrottled = false;

  constructor(webSocket: WebSocket, stream: Duplex, context: ConnectionContext) {
    const now = performance.now();
    const { limits } = context;
    this.#webSocket = webSocket;
    this.#context = context;
    this.#backlog = new Backlog(webSocket, stream, limits);
    this.#bytes = new Bucket(limits.bytesBurst, limits.bytesPerSecond, now);
    this.#since = now;
    this.#heardAt = now;
    webSocket.on("message", (data, isBinary) => this.#message(data as Buffer, isBinary));
    webSocket.on("ping", (data: Buffer) => this.#webSocketPing(data));
    webSocket.on("close", () => this.#gone());
    // A fault in the framing, or the connection broke; ws has closed with the right code.
    webSocket.on("error", (error: Error & { code?: string }) => {
      if (error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH")
        this.#context.ended(RELAY_CLOSE.tooLarge);
      else if (error.code?.startsWith("WS_ERR_") === true) this.#context.ended(RELAY_CLOSE.framing);
      this.#startEnding();
    });
  }

  get buffered(): number {
    return this.#backlog.bytes;
  }

  get isEnding(): boolean {
    return this.#state === "ending";
  }

  send(frame: Uint8Array): void {
    this.deliver(frame, this);
  }

  deliver(frame: Uint8Array, source: Device): void {
    if (this.#state !== "ending") this.#backlog.push(frame, source as Connection);
  }

  nextEpoch(slot: number): number {
    this.#epochs ??= new Uint8Array(this.#context.limits.maxTokens);
    const epoch = ((this.#epochs[slot] as number) % 0xff) + 1;
    this.#epochs[slot] = epoch;
    return epoch;
  }

  released(slot: number, status: ListenStatus): void {
    this.#forget(slot);
    this.send(encodeFrame({ type: "listening", entries: [{ slot, status }] }));
  }

  /** Stops reading until as many `resume` have come as `pause`. */
  pause(): void {
    this.#holds += 1;
    if (this.#holds === 1) this.#webSocket.pause();
  }

  resume(): void {
    this.#holds -= 1;
    if (this.#holds !== 0) return;
    this.#heardAt = performance.now();
    this.#webSocket.resume();
  }

  /** Ends the connection; its peers are told at once. */
  end(code: number): void {
    if (this.#state === "ending") return;
    const retryAfterSeconds = RETRY_AFTER_SECONDS.get(code);
    if (retryAfterSeconds !== undefined)
      this.send(encodeFrame({ type: "error", code, retryAfterSeconds }));
    this.#context.ended(code);
    this.#startEnding();
    this.#webSocket.close(code);
  }

  /** Cuts the connection without a word. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Looks at all that depends on time. */
  sweep(now: number): void {
    const { helloMs, idleMs, pingSeconds, deadMs } = this.#context.limits;
    if (this.#state === "ending") {
      if (now - this.#since > FAREWELL_MS) this.terminate();
      return;
    }
    if (this.#state === "new") {
      if (now - this.#since > helloMs) this.end(RELAY_CLOSE.protocol);
      return;
    }
    if (this.#held === 0 && now - this.#since > idleMs) return this.end(RELAY_CLOSE.idle);
    if (this.#backlog.isStuck(now)) return this.end(RELAY_CLOSE.slow);
    const isRead = this.#holds === 0;
    const silentMs = now - this.#heardAt;
    if (isRead && silentMs > pingSeconds * 1000 + deadMs) return this.end(RELAY_CLOSE.idle);
    const isDue = !isRead || silentMs > pingSeconds * 1000;
    if (!isDue || now - this.#pingedAt < SIGN_OF_LIFE_MS) return;
    this.#pingedAt = now;
    this.send(encodeFrame({ type: "ping", nonce: new Uint8Array(PING_BYTES) }));
  }

  #message(frame: Buffer, isBinary: boolean): void {
    if (this.#state === "ending") return;
    if (!isBinary) return this.end(RELAY_CLOSE.text);
    const now = performance.now();
    this.#heardAt = now;
    this.#charge(frame.length, now);
    const isData = frame[0] === FRAME_TYPES.data && frame.length > FRAME_HEAD_BYTES;
    if (isData && this.#state === "open") {
      const slot = (frame[2] as number) + (frame[3] as number) * 0x100;
      return this.#context.exchange.forward(this.#sides[slot], frame[1] as number, frame);
    }
    let decoded: RelayFrame | undefined;
    try {
      decoded = decodeFrame(frame);
    } catch {
      return this.end(RELAY_CLOSE.protocol);
    }
    if (this.#state === "open") this.#handle(decoded, now);
    else if (decoded?.type === "hello") this.#hello(decoded, now);
    else this.end(RELAY_CLOSE.protocol);
  }

  #hello({ largestFrame, accessToken }: HelloFrame, now: number): void {
    const { limits, admits } = this.#context;
    if (largestFrame < MAX_RELAY_FRAME_BYTES) return this.end(RELAY_CLOSE.version);
    if (!admits(accessToken)) return this.end(RELAY_CLOSE.accessToken);
    this.#state = "open";
    this.#since = now;
    this.send(
      encodeFrame({
        type: "welcome",
        features: 0,
        maxFrame: MAX_RELAY_FRAME_BYTES,
        maxTokens: limits.maxTokens,
        initialCredit: limits.initialCredit,
        pingSeconds: limits.pingSeconds,
        bytesPerSecond: limits.bytesPerSecond,
        unixSeconds: Math.floor(Date.now() / 1000),
        reconnectJitterMs: limits.reconnectJitterMs,
      }),
    );
  }

  #handle(frame: RelayFrame | undefined, now: number): void {
    // Something a later version may say, and this one may miss.
    if (frame === undefined) return;
    switch (frame.type) {
      case "listen":
        return this.#listen(frame.entries, now);
      case "unlisten":
        for (const slot of frame.slots) {
          const side = this.#sides[slot];
          // Given up already, and the device told; the two frames have crossed.
          if (side !== undefined) this.#context.exchange.unlisten(side);
        }
        return;
      case "credit": {
        const side = this.#sides[frame.slot];
        if (side !== undefined) this.#context.exchange.credit(side, frame.epoch, frame.limit);
        return;
      }
      case "ping":
        return this.send(encodeFrame({ type: "pong", nonce: frame.nonce }));
      case "pong":
        return;
      case "data":
      case "hello":
      case "welcome":
      case "listening":
      case "peer-up":
      case "peer-down":
      case "go-away":
      case "throttled":
      case "error":
        return this.end(RELAY_CLOSE.protocol);
    }
  }

  #listen(entries: readonly ListenEntry[], now: number): void {
    const { exchange, limits } = this.#context;
    this.#listens ??= new Bucket(limits.listenBurst, limits.listenPerMinute / 60, now);
    if (!this.#listens.tryTake(entries.length, now)) return this.end(RELAY_CLOSE.tokens);
    const taken: Side[] = [];
    const answers: { readonly slot: number; readonly status: ListenStatus }[] = [];
    for (const { slot, id, sideKey } of entries) {
      if (slot >= limits.maxTokens) {
        answers.push({ slot, status: "limit" });
        continue;
      }
      if (this.#sides[slot] !== undefined) return this.end(RELAY_CLOSE.protocol);
      const side = exchange.hold(this, slot, latin1(id), latin1(sideKey));
      answers.push({ slot, status: side === undefined ? "crowded" : "waiting" });
      if (side === undefined) continue;
      this.#sides[slot] = side;
      this.#held += 1;
      taken.push(side);
    }
    this.send(encodeFrame({ type: "listening", entries: answers }));
    for (const side of taken) exchange.join(side);
  }

  #webSocketPing(data: Buffer): void {
    if (this.#state === "ending") return;
    this.#charge(data.length, performance.now());
    this.#backlog.pong(data, this);
  }

  /** Counts what came in; beyond its share a device is not read until the time for it has come. */
  #charge(bytes: number, now: number): void {
    const wait = this.#bytes.take(Math.max(bytes, SMALLEST_COST), now);
    if (wait === 0 || this.#isThrottled) return;
    this.#isThrottled = true;
    this.pause();
    setTimeout(() => {
      this.#isThrottled = false;
      this.resume();
    }, wait).unref();
  }

  #forget(slot: number): void {
    if (this.#sides[slot] === undefined) return;
    this.#sides[slot] = undefined;
    this.#held -= 1;
    if (this.#held === 0) this.#since = performance.now();
  }

  #startEnding(): void {
    if (this.#state === "ending") return;
    this.#state = "ending";
    this.#since = performance.now();
    for (const side of this.#sides) if (side !== undefined) this.#context.exchange.leave(side);
    this.#sides.length = 0;
    this.#backlog.release();
    // So that the answer to our goodbye is heard.
    this.#webSocket.resume();
  }

  #gone(): void {
    this.#startEnding();
    this.#context.closed(this);
  }
}
