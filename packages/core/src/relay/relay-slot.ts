/**
 * One rendezvous of a device as its owner sees it: up while the peer listens too, and two byte counts per direction that
 * keep a slow end from being flooded (docs/relay.md, "Credit"). Nothing is queued here: what has no credit is refused.
 */
import { MasqError } from "../errors.ts";
import type { PeerDownFrame, PeerUpFrame } from "./frames.ts";
import { encodeCredit, encodeData } from "./encode.ts";
import { MAX_DATA_BYTES, type DownReason, type ListenStatus } from "./protocol.ts";

export interface Rendezvous {
  /** 16 bytes, the same at both ends. */
  readonly id: Uint8Array;
  /** 16 bytes, another one at each end. */
  readonly sideKey: Uint8Array;
}

/** Why an epoch ended: the relay said so, or the connection to the relay is gone. */
export type SlotDownReason = DownReason | "link-lost";

/** What a slot tells its owner. No handler may throw. */
export interface SlotHandlers {
  /** The peer is there. Every epoch is a new beginning: of earlier ones nothing more arrives. */
  up(epoch: number): void;
  down(reason: SlotDownReason): void;
  /** What the peer sent, a view that may be kept. Its length is to be given to `consume` once it has been dealt with. */
  data(bytes: Uint8Array): void;
  /** What `send` has refused would be taken now. */
  writable(): void;
  /** The relay does not hold the slot, or no longer; it is asked again after the next reconnect. */
  refused?(status: ListenStatus): void;
}

/** `asking`: not yet answered by the relay, perhaps for want of a connection. */
export type SlotState = "asking" | "waiting" | "up" | "refused" | "closed";

export interface RelaySlot {
  readonly state: SlotState;
  /**
   * Grows within an epoch with what moves from here to the peer: bytes sent, and room that the peer makes for more. Room
   * beyond what the smallest window leaves does not count: the relay could make that up for ever.
   */
  readonly progress: number;
  /** Bytes that have not left this device, whichever slot they belong to. */
  readonly buffered: number;
  /**
   * Sends 1 to 65,536 bytes to the peer. False when it cannot be now: the peer is not there, has not granted that much,
   * or this device's connection is full. In the last two cases `writable` follows.
   */
  send(bytes: Uint8Array): boolean;
  /** Says that so many received bytes have been dealt with: the peer may send as many more. */
  consume(bytes: number): void;
  /** Gives the rendezvous up; no handler is called after this. */
  unlisten(): void;
}

/** What a slot needs of its link. */
export interface SlotWire {
  /** Bytes that wait in the socket. */
  readonly buffered: number;
  /** False while that is more than should. */
  readonly hasRoom: boolean;
  send(frame: Uint8Array): void;
  unlisten(slot: LinkSlot): void;
}

/** Two frames, so that granting half of it at a time never leaves less than one. */
export const SMALLEST_WINDOW: number = 2 * MAX_DATA_BYTES;

/** The link's view of a slot: what the relay says arrives here. */
export class LinkSlot implements RelaySlot {
  readonly rendezvous: Rendezvous;
  /** The slot number on this connection. */
  number: number | undefined;
  readonly #handlers: SlotHandlers;
  readonly #wire: SlotWire;
  readonly #window: number;
  #state: SlotState = "asking";
  #epoch = 0;
  #sent = 0;
  #sendLimit = 0;
  /** Length of what was refused last; 0 when nothing waits. */
  #refusedBytes = 0;
  #received = 0;
  #consumed = 0;
  #granted = 0;

  constructor(rendezvous: Rendezvous, handlers: SlotHandlers, wire: SlotWire, window: number) {
    this.rendezvous = rendezvous;
    this.#handlers = handlers;
    this.#wire = wire;
    this.#window = window;
  }

  get state(): SlotState {
    return this.#state;
  }

  get progress(): number {
    const room = Math.min(this.#sendLimit, this.#sent + SMALLEST_WINDOW);
    return this.#sent + Math.floor(room / MAX_DATA_BYTES);
  }

  get buffered(): number {
    return this.#wire.buffered;
  }

  send(bytes: Uint8Array): boolean {
    if (bytes.length === 0 || bytes.length > MAX_DATA_BYTES) {
      throw new MasqError(
        "MASQ_MESSAGE_TOO_LARGE",
        "A relay passes on 1 to 65,536 bytes at once; nothing was sent.",
      );
    }
    if (this.#state !== "up" || this.number === undefined) return false;
    if (this.#sent + bytes.length > this.#sendLimit || !this.#wire.hasRoom) {
      this.#refusedBytes = bytes.length;
      return false;
    }
    this.#sent += bytes.length;
    this.#wire.send(encodeData(this.#epoch, this.number, bytes));
    return true;
  }

  consume(bytes: number): void {
    if (this.#state !== "up" || this.number === undefined) return;
    // Bytes of an earlier epoch may be dealt with only now: they grant nothing in this one.
    this.#consumed = Math.min(this.#consumed + bytes, this.#received);
    const limit = this.#consumed + this.#window;
    // Half a window at a time: one small frame for many, and a whole frame always fits into what is left.
    if (limit - this.#granted >= this.#window / 2) this.#grant(limit);
  }

  unlisten(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#wire.unlisten(this);
  }

  answered(status: ListenStatus): void {
    if (status === "waiting") {
      if (this.#state === "asking") this.#state = "waiting";
      return;
    }
    this.number = undefined;
    if (this.#state === "closed") return;
    this.#state = "refused";
    this.#handlers.refused?.(status);
  }

  peerUp({ epoch, credit }: PeerUpFrame, initialCredit: number): void {
    if (this.#state !== "waiting") return;
    this.#state = "up";
    this.#epoch = epoch;
    this.#sent = 0;
    this.#sendLimit = credit;
    this.#refusedBytes = 0;
    this.#received = 0;
    this.#consumed = 0;
    // What the relay says never widens what we are ready to hold.
    this.#granted = Math.min(initialCredit, this.#window);
    if (this.#window > initialCredit) this.#grant(this.#window);
    this.#handlers.up(epoch);
  }

  peerDown({ epoch, reason }: PeerDownFrame): void {
    if (this.#state !== "up" || epoch !== this.#epoch) return;
    this.#state = "waiting";
    this.#handlers.down(reason);
  }

  /** False when the relay let more through than was granted. */
  takeData(epoch: number, bytes: Uint8Array): boolean {
    if (this.#state !== "up" || epoch !== this.#epoch) return true;
    this.#received += bytes.length;
    if (this.#received > this.#granted) return false;
    this.#handlers.data(bytes);
    return true;
  }

  takeCredit(epoch: number, limit: number): void {
    if (this.#state !== "up" || epoch !== this.#epoch || limit <= this.#sendLimit) return;
    this.#sendLimit = limit;
    this.tellWritable();
  }

  /** Tells an owner whose bytes were refused, if they would be taken now. */
  tellWritable(): void {
    if (this.#refusedBytes === 0 || this.#state !== "up") return;
    if (this.#sent + this.#refusedBytes > this.#sendLimit || !this.#wire.hasRoom) return;
    this.#refusedBytes = 0;
    this.#handlers.writable();
  }

  linkLost(): void {
    this.number = undefined;
    if (this.#state === "closed") return;
    const wasUp = this.#state === "up";
    this.#state = "asking";
    if (wasUp) this.#handlers.down("link-lost");
  }

  #grant(limit: number): void {
    this.#granted = limit;
    this.#wire.send(encodeCredit(this.#epoch, this.number as number, limit));
  }
}
