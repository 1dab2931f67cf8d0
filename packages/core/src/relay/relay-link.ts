/**
 * A device's connection to a sync service: kept up as long as the link is open, with every rendezvous listened to again
 * after each loss (docs/relay.md). What travels through the slots is sealed by their owners; the link sees only lengths.
 */
import { MasqError } from "../errors.ts";
import type { Host, OpenSocket, Socket } from "../host.ts";
import { backOffMs, randomReal } from "./back-off.ts";
import { decodeFrame } from "./decode.ts";
import { encodeFrame } from "./encode.ts";
import type { RelayFrame, WelcomeFrame } from "./frames.ts";
import { Heartbeat } from "./heartbeat.ts";
import { closedWith, MAX_RETRY_AFTER_MS, unreachable } from "./link-errors.ts";
import {
  MAX_LISTEN_ENTRIES,
  MAX_RELAY_FRAME_BYTES,
  RELAY_CLOSE,
  RELAY_SUBPROTOCOL,
} from "./protocol.ts";
import {
  LinkSlot,
  SMALLEST_WINDOW,
  type RelaySlot,
  type Rendezvous,
  type SlotHandlers,
  type SlotWire,
} from "./relay-slot.ts";

const MAX_JITTER_MS = 60_000;
/** However late a relay wants its devices to leave. */
const MAX_GOAWAY_MS: number = 10 * 60_000;
const OPEN_TIMEOUT_MS = 10_000;
const WELCOME_TIMEOUT_MS = 10_000;
/** A connection that lasted this long was a good one: its loss is the first failure again. */
const STABLE_AFTER_MS = 10_000;
/** Bytes waiting in the socket above which slots are told to wait. */
const HIGH_WATER_BYTES = 1024 * 1024;

export interface RelayLinkOptions {
  readonly host: Pick<Host, "clock" | "random" | "onNetworkChange">;
  readonly openSocket: OpenSocket;
  readonly url: string;
  /** For a relay that asks for one. */
  readonly accessToken?: Uint8Array;
  /** How many bytes of each slot may be on their way to this device: 131,072 or more, which is the default. */
  readonly windowBytes?: number;
}

export type RelayStatus =
  | { readonly state: "connecting" }
  | { readonly state: "connected" }
  /** MASQ_SYNC_SERVICE_UNREACHABLE or MASQ_SYNC_SERVICE_REFUSED; tried again by itself. */
  | { readonly state: "waiting"; readonly error: MasqError; readonly retryInMs: number }
  | { readonly state: "closed" };

export class RelayLink {
  readonly #options: RelayLinkOptions;
  readonly #wire: SlotWire;
  readonly #slots = new Set<LinkSlot>();
  /** Slot numbers the relay may still use; one of a slot given up until the relay has said that it let go. */
  readonly #numbers = new Map<number, LinkSlot>();
  readonly #listeners = new Set<(status: RelayStatus) => void>();
  #status: RelayStatus = { state: "connecting" };
  #socket: Socket | undefined;
  #welcome: WelcomeFrame | undefined;
  #heartbeat: Heartbeat | undefined;
  #cancelTimer: () => void = () => {};
  readonly #stopWatchingNetwork: (() => void) | undefined;
  #relayTime: { readonly unixSeconds: number; readonly at: number } | undefined;
  #connectedAt = 0;
  #failures = 0;
  #retryAfterMs = 0;
  /** The wait is our own back-off, and not what the relay asks for. */
  #mayHurry = false;
  #isListenPlanned = false;

  /** Connects at once, and again whenever the connection is lost, until `close`. */
  constructor(options: RelayLinkOptions) {
    this.#options = options;
    const buffered = (): number => this.#socket?.buffered ?? 0;
    this.#wire = {
      get buffered() {
        return buffered();
      },
      get hasRoom() {
        return buffered() < HIGH_WATER_BYTES;
      },
      send: (frame) => this.#socket?.send(frame),
      unlisten: (slot) => this.#unlisten(slot),
    };
    this.#stopWatchingNetwork = options.host.onNetworkChange?.(() => this.#networkChanged());
    this.#connect();
  }

  get status(): RelayStatus {
    return this.#status;
  }

  /** Tells `listener` of every change of `status` until the function returned is called. It must not throw. */
  onStatus(listener: (status: RelayStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The relay's clock in seconds since 1970; undefined until a relay has told it. */
  clockSeconds(nowMonotonic: number): number | undefined {
    const time = this.#relayTime;
    return time === undefined ? undefined : time.unixSeconds + (nowMonotonic - time.at) / 1000;
  }

  /** Meets a peer at a rendezvous, now and after every reconnect, until the slot is given up. */
  listen(rendezvous: Rendezvous, handlers: SlotHandlers): RelaySlot {
    const slot = new LinkSlot(rendezvous, handlers, this.#wire, this.#windowBytes);
    if (this.#status.state === "closed") {
      throw new MasqError("MASQ_CLOSED", "This connection to the sync service has been closed.");
    }
    this.#slots.add(slot);
    this.#planListen();
    return slot;
  }

  /** Idempotent. Slots that are up are told that they are down. */
  close(): void {
    if (this.#status.state === "closed") return;
    this.#status = { state: "closed" };
    this.#stopWatchingNetwork?.();
    this.#drop(RELAY_CLOSE.done);
    this.#slots.clear();
    this.#setStatus(this.#status);
  }

  get #isClosed(): boolean {
    return this.#status.state === "closed";
  }

  get #windowBytes(): number {
    return Math.max(this.#options.windowBytes ?? 0, SMALLEST_WINDOW);
  }

  #setStatus(status: RelayStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }

  #connect(): void {
    const { openSocket, url } = this.#options;
    openSocket(url, {
      subprotocol: RELAY_SUBPROTOCOL,
      timeoutMs: OPEN_TIMEOUT_MS,
      maxFrameBytes: MAX_RELAY_FRAME_BYTES,
    }).then(
      (socket) => this.#opened(socket),
      (cause: unknown) => this.#retry(unreachable(cause)),
    );
  }

  #opened(socket: Socket): void {
    if (this.#isClosed) return socket.close(RELAY_CLOSE.done);
    this.#socket = socket;
    const ifCurrent = (task: () => void): void => {
      if (this.#socket === socket) task();
    };
    this.#cancelTimer = this.#options.host.clock.setTimer(WELCOME_TIMEOUT_MS, () =>
      this.#fail(RELAY_CLOSE.protocol, unreachable()),
    );
    socket.attach({
      message: (bytes) => ifCurrent(() => this.#receive(bytes)),
      close: (code) => ifCurrent(() => this.#ended(code)),
      drain: () => ifCurrent(() => this.#tellWritable()),
    });
    const accessToken = this.#options.accessToken ?? new Uint8Array(0);
    socket.send(
      encodeFrame({
        type: "hello",
        features: 0,
        largestFrame: MAX_RELAY_FRAME_BYTES,
        accessToken,
      }),
    );
  }

  #receive(bytes: Uint8Array): void {
    this.#heartbeat?.heard();
    let frame: RelayFrame | undefined;
    try {
      frame = decodeFrame(bytes);
    } catch {
      return this.#fail(RELAY_CLOSE.protocol, closedWith(RELAY_CLOSE.protocol));
    }
    if (frame !== undefined) this.#handle(frame);
  }

  #handle(frame: RelayFrame): void {
    switch (frame.type) {
      case "welcome":
        return this.#welcomed(frame);
      case "listening":
        for (const { slot: number, status } of frame.entries) {
          const slot = this.#numbers.get(number);
          if (status !== "waiting") this.#numbers.delete(number);
          slot?.answered(status);
        }
        // A number that is free again may be what a slot waits for.
        return this.#planListen();
      case "peer-up":
        return this.#numbers.get(frame.slot)?.peerUp(frame, this.#welcome?.initialCredit as number);
      case "peer-down":
        return this.#numbers.get(frame.slot)?.peerDown(frame);
      case "data":
        if (this.#numbers.get(frame.slot)?.takeData(frame.epoch, frame.bytes) === false)
          this.#fail(RELAY_CLOSE.protocol, closedWith(RELAY_CLOSE.protocol));
        return;
      case "credit":
        return this.#numbers.get(frame.slot)?.takeCredit(frame.epoch, frame.limit);
      case "ping":
        // A relay that asks and does not read must not fill the socket: it hears from us by what waits there.
        if (this.#wire.hasRoom) this.#wire.send(encodeFrame({ type: "pong", nonce: frame.nonce }));
        return;
      case "go-away":
        return this.#leaveLater(frame.minMs, frame.maxMs);
      case "error":
        this.#retryAfterMs = Math.min(frame.retryAfterSeconds * 1000, MAX_RETRY_AFTER_MS);
        return;
      case "pong":
      case "throttled":
        return;
      case "hello":
      case "listen":
      case "unlisten":
        // Only devices send these.
        return this.#fail(RELAY_CLOSE.protocol, closedWith(RELAY_CLOSE.protocol));
    }
  }

  #welcomed(welcome: WelcomeFrame): void {
    if (this.#welcome !== undefined || welcome.maxFrame < MAX_RELAY_FRAME_BYTES)
      return this.#fail(RELAY_CLOSE.version, closedWith(RELAY_CLOSE.version));
    // It would let every peer send more than we hold.
    if (welcome.initialCredit > this.#windowBytes)
      return this.#fail(RELAY_CLOSE.protocol, closedWith(RELAY_CLOSE.protocol));
    const { clock, random } = this.#options.host;
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    this.#welcome = welcome;
    this.#connectedAt = clock.monotonic();
    this.#relayTime = { unixSeconds: welcome.unixSeconds, at: this.#connectedAt };
    this.#heartbeat = new Heartbeat({
      clock,
      random,
      pingSeconds: welcome.pingSeconds,
      ping: (nonce) => this.#wire.send(encodeFrame({ type: "ping", nonce })),
      buffered: () => this.#wire.buffered,
      dead: () => this.#fail(RELAY_CLOSE.done, unreachable()),
    });
    this.#listenNow();
    this.#setStatus({ state: "connected" });
  }

  /** All that is asked for in one turn goes in one frame. */
  #planListen(): void {
    if (this.#isListenPlanned || this.#welcome === undefined) return;
    this.#isListenPlanned = true;
    queueMicrotask(() => {
      this.#isListenPlanned = false;
      this.#listenNow();
    });
  }

  #listenNow(): void {
    const welcome = this.#welcome;
    if (welcome === undefined) return;
    const asked: LinkSlot[] = [];
    let number = 0;
    for (const slot of this.#slots) {
      if (slot.state !== "asking" || slot.number !== undefined) continue;
      while (this.#numbers.has(number)) number += 1;
      // The rest asks when another slot has been given up.
      if (number >= welcome.maxTokens) break;
      slot.number = number;
      this.#numbers.set(number, slot);
      asked.push(slot);
    }
    for (let start = 0; start < asked.length; start += MAX_LISTEN_ENTRIES) {
      const entries = asked
        .slice(start, start + MAX_LISTEN_ENTRIES)
        .map((slot) => ({ slot: slot.number as number, ...slot.rendezvous }));
      this.#wire.send(encodeFrame({ type: "listen", entries }));
    }
  }

  #unlisten(slot: LinkSlot): void {
    this.#slots.delete(slot);
    if (slot.number === undefined) return;
    this.#wire.send(encodeFrame({ type: "unlisten", slots: [slot.number] }));
  }

  #tellWritable(): void {
    for (const slot of this.#slots) slot.tellWritable();
  }

  /** The relay is about to stop: leave at a moment of our own within its window, and come back at once. */
  #leaveLater(minMs: number, maxMs: number): void {
    if (this.#welcome === undefined) return;
    const { clock, random } = this.#options.host;
    const [earliest, latest] = [Math.min(minMs, MAX_GOAWAY_MS), Math.min(maxMs, MAX_GOAWAY_MS)];
    const delay = earliest + randomReal(random) * Math.max(0, latest - earliest);
    this.#cancelTimer();
    this.#cancelTimer = clock.setTimer(delay, () => {
      const wasStable = this.#isStable;
      this.#drop(RELAY_CLOSE.done);
      if (this.#isClosed) return;
      // A relay that sends everybody away at once is no better than one that does not answer.
      if (!wasStable) return this.#retry(unreachable());
      this.#connectAgain();
    });
  }

  #fail(code: number, error: MasqError): void {
    this.#drop(code);
    this.#retry(error);
  }

  #ended(code: number): void {
    const isRestart = code === RELAY_CLOSE.goingAway;
    const jitter = isRestart ? Math.min(this.#welcome?.reconnectJitterMs ?? 0, MAX_JITTER_MS) : 0;
    this.#drop(undefined);
    // A relay that restarts is back soon, and its devices should not all be there in the same moment.
    this.#retry(closedWith(code), randomReal(this.#options.host.random) * jitter);
  }

  get #isStable(): boolean {
    if (this.#welcome === undefined) return false;
    return this.#options.host.clock.monotonic() - this.#connectedAt >= STABLE_AFTER_MS;
  }

  /** Forgets the connection; with a code, closes it first. */
  #drop(code: number | undefined): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#cancelTimer();
    this.#heartbeat?.stop();
    if (this.#isStable) this.#failures = 0;
    this.#welcome = undefined;
    this.#heartbeat = undefined;
    this.#numbers.clear();
    if (code !== undefined) socket?.close(code);
    for (const slot of this.#slots) slot.linkLost();
  }

  #retry(error: MasqError, extraMs = 0): void {
    // Closed meanwhile, perhaps by an owner that was told of the loss.
    if (this.#isClosed) return;
    const { clock, random } = this.#options.host;
    this.#failures += 1;
    const backOff = backOffMs(random, this.#failures) + extraMs;
    const retryInMs = Math.ceil(Math.max(backOff, this.#retryAfterMs));
    this.#mayHurry = this.#retryAfterMs === 0 && error.code === "MASQ_SYNC_SERVICE_UNREACHABLE";
    this.#retryAfterMs = 0;
    this.#cancelTimer = clock.setTimer(retryInMs, () => this.#connectAgain());
    this.#setStatus({ state: "waiting", error, retryInMs });
  }

  #connectAgain(): void {
    this.#setStatus({ state: "connecting" });
    if (!this.#isClosed) this.#connect();
  }

  /** What cannot be reached over one network may be over the next; what could be may not. Only the relay knows. */
  #networkChanged(): void {
    this.#heartbeat?.doubt();
    if (this.#status.state !== "waiting" || !this.#mayHurry) return;
    this.#failures = 0;
    this.#cancelTimer();
    this.#connectAgain();
  }
}
