/**
 * A relay in memory that joins real RelayLinks by the rules of docs/relay.md, on a clock of its own. It has no limits; what it does to
 * DATA on its way is the test's choice.
 */
import { toHex } from "../bytes/bytes.ts";
import type { Clock, OpenSocket, Socket } from "../host.ts";
import { decodeFrame } from "../relay/decode.ts";
import { encodeCredit, encodeData, encodeFrame } from "../relay/encode.ts";
import type { ListenEntry, RelayFrame } from "../relay/frames.ts";
import { RELAY_CLOSE, type DownReason, type ListenStatus } from "../relay/protocol.ts";
import { socketPair } from "../local/socket-pair.ts";

const INITIAL_CREDIT = 65_536;

interface Side {
  readonly device: Device;
  readonly slot: number;
  readonly id: string;
  readonly sideKey: string;
  other: Side | undefined;
  epoch: number;
  received: number;
  limit: number;
}

/** One connection of one device. */
class Device {
  readonly name: string;
  readonly socket: Socket;
  readonly sides = new Map<number, Side>();
  isFrozen = false;
  readonly #epochs = new Map<number, number>();

  constructor(name: string, socket: Socket) {
    this.name = name;
    this.socket = socket;
  }

  say(frame: RelayFrame): void {
    this.pass(encodeFrame(frame));
  }

  pass(frame: Uint8Array): void {
    if (!this.isFrozen) this.socket.send(frame);
  }

  nextEpoch(slot: number): number {
    const epoch = ((this.#epochs.get(slot) ?? 0) % 255) + 1;
    this.#epochs.set(slot, epoch);
    return epoch;
  }
}

export interface MemoryRelay {
  isReachable: boolean;
  /** The relay's own clock, in seconds since 1970; it goes on with the `clock` given. */
  unixSeconds: number;
  /** What becomes of bytes that the device `from` has sent; by default they go `on`. They could go `back`, too. */
  onData: (
    bytes: Uint8Array,
    from: string,
    on: (bytes: Uint8Array) => void,
    back: (bytes: Uint8Array) => void,
  ) => void;
  /** Rendezvous that somebody waits at. */
  readonly held: number;
  /** Opens sockets for the device of this name; only the tests know it. */
  openSocket(name: string): OpenSocket;
  /** From now on nothing reaches the device over the connections it has; they stay open. */
  freeze(name: string): void;
  /** Cuts every connection, or those of one device. */
  cut(name?: string): void;
}

export const memoryRelay = (clock: Clock, unixSeconds = 1_795_392_000): MemoryRelay => {
  const devices = new Set<Device>();
  const places = new Map<string, Side[]>();
  let startedAt = clock.monotonic();
  let startedSeconds = unixSeconds;

  const tellDown = (side: Side, reason: DownReason): void => {
    const { epoch, slot, received } = side;
    side.device.say({ type: "peer-down", epoch, slot, reason, received });
  };

  const release = (
    side: Side,
    reason: DownReason,
    status?: ListenStatus,
    ownReason?: DownReason,
  ): void => {
    const { device, slot, id, other } = side;
    if (device.sides.get(slot) !== side) return;
    device.sides.delete(slot);
    const left = (places.get(id) ?? []).filter((one) => one !== side);
    if (left.length === 0) places.delete(id);
    else places.set(id, left);
    side.other = undefined;
    if (other !== undefined) {
      other.other = undefined;
      tellDown(other, reason);
      if (ownReason !== undefined) tellDown(side, ownReason);
    }
    if (status !== undefined) device.say({ type: "listening", entries: [{ slot, status }] });
  };

  const listen = (device: Device, { slot, id, sideKey }: ListenEntry): void => {
    const [place, key] = [toHex(id), toHex(sideKey)];
    const same = places.get(place)?.find((side) => side.sideKey === key);
    if (same !== undefined) release(same, "replaced", "replaced", "replaced");
    const held = places.get(place) ?? [];
    const isFree = held.length < 2;
    const status = isFree ? "waiting" : "crowded";
    device.say({ type: "listening", entries: [{ slot, status }] });
    if (!isFree) return;
    const side: Side = {
      device,
      slot,
      id: place,
      sideKey: key,
      other: undefined,
      epoch: 0,
      received: 0,
      limit: 0,
    };
    device.sides.set(slot, side);
    places.set(place, [...held, side]);
    const [other] = held;
    if (other === undefined) return;
    side.other = other;
    other.other = side;
    for (const end of [side, other]) {
      end.epoch = end.device.nextEpoch(end.slot);
      end.received = 0;
      end.limit = INITIAL_CREDIT;
      end.device.say({
        type: "peer-up",
        epoch: end.epoch,
        slot: end.slot,
        credit: INITIAL_CREDIT,
      });
    }
  };

  const handle = (device: Device, frame: RelayFrame): void => {
    switch (frame.type) {
      case "hello":
        return device.say({
          type: "welcome",
          features: 0,
          maxFrame: 65_540,
          maxTokens: 512,
          initialCredit: INITIAL_CREDIT,
          pingSeconds: 25,
          bytesPerSecond: 0,
          unixSeconds: Math.floor(relay.unixSeconds),
          reconnectJitterMs: 0,
        });
      case "listen":
        for (const entry of frame.entries) listen(device, entry);
        return;
      case "unlisten":
        for (const slot of frame.slots) {
          const side = device.sides.get(slot);
          if (side !== undefined) release(side, "peer-unlistened", "retired");
        }
        return;
      case "data": {
        const side = device.sides.get(frame.slot);
        const { other } = side ?? {};
        if (side === undefined || other === undefined || frame.epoch !== side.epoch) return;
        if (side.received + frame.bytes.length > side.limit)
          return release(side, "peer-unlistened", "retired", "credit-exceeded");
        side.received += frame.bytes.length;
        const deliver =
          ({ device: to, epoch, slot }: Side) =>
          (bytes: Uint8Array): void =>
            to.pass(encodeData(epoch, slot, bytes));
        return relay.onData(frame.bytes, device.name, deliver(other), deliver(side));
      }
      case "credit": {
        const side = device.sides.get(frame.slot);
        const { other } = side ?? {};
        if (side === undefined || other === undefined || frame.epoch !== side.epoch) return;
        if (frame.limit <= other.limit) return;
        other.limit = frame.limit;
        return other.device.pass(encodeCredit(other.epoch, other.slot, frame.limit));
      }
      case "ping":
        return device.say({ type: "pong", nonce: frame.nonce });
      case "pong":
        return;
      case "welcome":
      case "listening":
      case "peer-up":
      case "peer-down":
      case "go-away":
      case "throttled":
      case "error":
        return device.socket.close(RELAY_CLOSE.protocol);
    }
  };

  const leave = (device: Device): void => {
    devices.delete(device);
    for (const side of device.sides.values()) release(side, "peer-left");
  };

  const relay: MemoryRelay = {
    isReachable: true,
    onData: (bytes, _from, on) => on(bytes),
    get unixSeconds() {
      return startedSeconds + (clock.monotonic() - startedAt) / 1000;
    },
    set unixSeconds(seconds) {
      startedSeconds = seconds;
      startedAt = clock.monotonic();
    },
    get held() {
      return places.size;
    },
    openSocket: (name) => async () => {
      if (!relay.isReachable) throw new Error("nothing answers");
      const [ours, theirs] = socketPair();
      const device = new Device(name, theirs);
      devices.add(device);
      theirs.attach({
        message: (bytes) => handle(device, decodeFrame(bytes) as RelayFrame),
        close: () => leave(device),
        drain: () => {},
      });
      return ours;
    },
    freeze: (name) => {
      for (const device of devices) if (device.name === name) device.isFrozen = true;
    },
    cut: (name) => {
      for (const device of devices) {
        if (name === undefined || device.name === name) device.socket.close(1006);
      }
    },
  };
  return relay;
};
