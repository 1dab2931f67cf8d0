/**
 * Who meets whom: the table of rendezvous ids, and what passes between the two sides of each (docs/relay.md, "Slots and
 * epochs"). Knows devices only as something that takes frames. Nothing waits here: a frame goes on at once or not at all.
 *
 * The promise: within an epoch each side gets exactly a prefix of what the other sent, in order. Whatever would break
 * that ends the epoch instead.
 */
import {
  encodeCredit,
  encodeFrame,
  FRAME_HEAD_BYTES,
  type DownReason,
  type ListenStatus,
} from "@masq/core/relay";

/** One socket, as the exchange sees it. */
export interface Device {
  /** Takes a frame of the relay's own. */
  send(frame: Uint8Array): void;
  /** Takes a frame of another device, which is to be held back while this one does not keep up. */
  deliver(frame: Uint8Array, source: Device): void;
  /** Another value than the last one this slot number had on this socket. */
  nextEpoch(slot: number): number;
  /** The slot is no longer held. */
  released(slot: number, status: ListenStatus): void;
}

/** One end of a rendezvous: a slot of a device. */
export interface Side {
  readonly device: Device;
  readonly slot: number;
  readonly id: string;
  readonly sideKey: string;
  isHeld: boolean;
  other: Side | undefined;
  isUp: boolean;
  epoch: number;
  /** Bytes taken from this device in this epoch, and how many the other side lets it send. */
  received: number;
  limit: number;
}

export class Exchange {
  readonly #initialCredit: number;
  /** By id the side that came first; the other one hangs on it. */
  readonly #first = new Map<string, Side>();
  #dropped = 0;
  #forwarded = 0;

  constructor(initialCredit: number) {
    this.#initialCredit = initialCredit;
  }

  /** Rendezvous that somebody waits at. */
  get size(): number {
    return this.#first.size;
  }

  /** Frames passed on, and frames of epochs that were over. */
  get counts(): { readonly forwarded: number; readonly dropped: number } {
    return { forwarded: this.#forwarded, dropped: this.#dropped };
  }

  /**
   * Takes a place at a rendezvous; undefined when both are taken by others. Once the device has been told, `join`
   * connects it. Whoever held the same place is replaced: a device that reconnects must not wait for its dead socket.
   */
  hold(device: Device, slot: number, id: string, sideKey: string): Side | undefined {
    const first = this.#first.get(id);
    const side: Side = {
      device,
      slot,
      id,
      sideKey,
      isHeld: true,
      other: undefined,
      isUp: false,
      epoch: 0,
      received: 0,
      limit: 0,
    };
    if (first === undefined) {
      this.#first.set(id, side);
      return side;
    }
    const second = first.other;
    const older =
      first.sideKey === sideKey ? first : second?.sideKey === sideKey ? second : undefined;
    if (older !== undefined) this.#release(older, "replaced", "replaced", "replaced");
    else if (second !== undefined) return undefined;
    const left = this.#first.get(id);
    if (left === undefined) {
      this.#first.set(id, side);
    } else {
      left.other = side;
      side.other = left;
    }
    return side;
  }

  /** Begins an epoch if both sides are there. */
  join(side: Side): void {
    const { other } = side;
    if (!side.isHeld || side.isUp || other === undefined) return;
    for (const end of [side, other]) {
      end.isUp = true;
      end.epoch = end.device.nextEpoch(end.slot);
      end.received = 0;
      end.limit = this.#initialCredit;
    }
    for (const { device, epoch, slot, limit } of [side, other])
      device.send(encodeFrame({ type: "peer-up", epoch, slot, credit: limit }));
  }

  /** Gives a place up because its device asks for it. */
  unlisten(side: Side): void {
    if (side.isHeld) this.#release(side, "retired", "peer-unlistened");
  }

  /** Gives a place up because its device is gone. */
  leave(side: Side, reason: DownReason = "peer-left"): void {
    if (side.isHeld) this.#detach(side, reason);
  }

  /** Passes a DATA frame on, its head rewritten in place: nothing else of it is looked at or copied. */
  forward(side: Side | undefined, epoch: number, frame: Uint8Array): void {
    const other = side?.other;
    if (side === undefined || !side.isUp || other === undefined || epoch !== side.epoch) {
      this.#dropped += 1;
      return;
    }
    const received = side.received + frame.length - FRAME_HEAD_BYTES;
    if (received > side.limit)
      return this.#release(side, "retired", "peer-unlistened", "credit-exceeded");
    side.received = received;
    this.#forwarded += 1;
    frame[1] = other.epoch;
    frame[2] = other.slot;
    frame[3] = other.slot >> 8;
    other.device.deliver(frame, side.device);
  }

  /** Lets the other side send up to `limit` bytes of this epoch. */
  credit(side: Side, epoch: number, limit: number): void {
    const { other } = side;
    if (!side.isUp || other === undefined || epoch !== side.epoch || limit <= other.limit) return;
    other.limit = limit;
    other.device.deliver(encodeCredit(other.epoch, other.slot, limit), side.device);
  }

  /** Ends the slot: its own device is told why, and that the slot is free; the other one that its peer is gone. */
  #release(side: Side, status: ListenStatus, reason: DownReason, ownReason?: DownReason): void {
    const wasUp = side.isUp;
    this.#detach(side, reason);
    if (wasUp && ownReason !== undefined) this.#tellDown(side, ownReason);
    side.device.released(side.slot, status);
  }

  #detach(side: Side, reason: DownReason): void {
    const { other, id } = side;
    side.isHeld = false;
    side.isUp = false;
    side.other = undefined;
    if (this.#first.get(id) === side) {
      if (other === undefined) this.#first.delete(id);
      else this.#first.set(id, other);
    }
    if (other === undefined) return;
    other.other = undefined;
    if (!other.isUp) return;
    other.isUp = false;
    this.#tellDown(other, reason);
  }

  #tellDown(side: Side, reason: DownReason): void {
    const { device, epoch, slot, received } = side;
    device.send(encodeFrame({ type: "peer-down", epoch, slot, reason, received }));
  }
}
