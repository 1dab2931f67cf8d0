/**
 * A relay between links of one process: the frames are real, the sockets are in memory. What passes from one device to
 * the other goes through `pass`, so that a test can lose, change or repeat it.
 */
import { toHex } from "../bytes/bytes.ts";
import type { Clock, OpenSocket, Socket } from "../host.ts";
import { decodeFrame } from "../relay/decode.ts";
import { encodeFrame } from "../relay/encode.ts";
import type { RelayFrame } from "../relay/frames.ts";
import type { DownReason, ListenStatus } from "../relay/protocol.ts";
import { RelayLink } from "../relay/relay-link.ts";
import { seededRandom } from "./seeded-random.ts";
import { socketPair } from "../local/socket-pair.ts";

interface Side {
  readonly device: Device;
  readonly slot: number;
  readonly id: string;
  readonly sideKey: string;
  other: Side | undefined;
  epoch: number;
}

interface Device {
  readonly name: string;
  readonly socket: Socket;
  readonly sides: Map<number, Side>;
}

export interface MemoryRelay {
  /** A link of a device of this name. */
  link(name: string, clock: Clock): RelayLink;
  /** What the relay passes on in place of a frame's bytes. */
  pass: (bytes: Uint8Array, from: string) => readonly Uint8Array[];
  /** Whether a link that connects gets through. */
  isReachable: boolean;
  /** Cuts all connections of a device; its link comes back later. */
  cut(name: string): void;
  /** How many rendezvous somebody waits at. */
  readonly size: number;
}

const CREDIT = 65_536;

export const memoryRelay = (): MemoryRelay => {
  const devices = new Set<Device>();
  const sidesById = new Map<string, Side[]>();
  let epochs = 0;

  const say = ({ socket }: Device, frame: RelayFrame): void => socket.send(encodeFrame(frame));

  const leave = (side: Side, reason: DownReason): void => {
    side.device.sides.delete(side.slot);
    const left = (sidesById.get(side.id) ?? []).filter((one) => one !== side);
    if (left.length > 0) sidesById.set(side.id, left);
    else sidesById.delete(side.id);
    const { other } = side;
    side.other = undefined;
    if (other === undefined) return;
    other.other = undefined;
    const { device, slot, epoch } = other;
    say(device, { type: "peer-down", slot, epoch, reason, received: 0 });
  };

  const release = (side: Side, status: ListenStatus, reason: DownReason): void => {
    leave(side, reason);
    say(side.device, { type: "listening", entries: [{ slot: side.slot, status }] });
  };

  const listen = (device: Device, slot: number, id: string, sideKey: string): void => {
    const older = sidesById.get(id)?.find((side) => side.sideKey === sideKey);
    if (older !== undefined) release(older, "replaced", "replaced");
    const there = sidesById.get(id) ?? [];
    if (there.length > 1)
      return say(device, { type: "listening", entries: [{ slot, status: "crowded" }] });
    const side: Side = { device, slot, id, sideKey, other: there[0], epoch: 0 };
    device.sides.set(slot, side);
    sidesById.set(id, [...there, side]);
    say(device, { type: "listening", entries: [{ slot, status: "waiting" }] });
    const [other] = there;
    if (other === undefined) return;
    other.other = side;
    epochs = (epochs % 255) + 1;
    for (const one of [side, other]) {
      one.epoch = epochs;
      say(one.device, { type: "peer-up", slot: one.slot, epoch: epochs, credit: CREDIT });
    }
  };

  const handle = (device: Device, frame: RelayFrame): void => {
    switch (frame.type) {
      case "hello":
        return say(device, {
          type: "welcome",
          features: 0,
          maxFrame: 65_540,
          maxTokens: 512,
          initialCredit: CREDIT,
          pingSeconds: 25,
          bytesPerSecond: 0,
          unixSeconds: 1_700_000_000,
          reconnectJitterMs: 2000,
        });
      case "listen":
        for (const { slot, id, sideKey } of frame.entries)
          listen(device, slot, toHex(id), toHex(sideKey));
        return;
      case "unlisten":
        for (const slot of frame.slots) {
          const side = device.sides.get(slot);
          if (side !== undefined) release(side, "retired", "peer-unlistened");
        }
        return;
      case "data":
      case "credit": {
        const side = device.sides.get(frame.slot);
        const other = side?.other;
        if (other === undefined || side?.epoch !== frame.epoch) return;
        const place = { slot: other.slot, epoch: other.epoch };
        if (frame.type === "credit") return say(other.device, { ...frame, ...place });
        for (const bytes of relay.pass(frame.bytes, device.name))
          say(other.device, { type: "data", ...place, bytes });
        return;
      }
      case "ping":
        return say(device, { type: "pong", nonce: frame.nonce });
      case "pong":
        return;
      case "welcome":
      case "listening":
      case "peer-up":
      case "peer-down":
      case "go-away":
      case "throttled":
      case "error":
        throw new Error(`a device sent ${frame.type}`);
    }
  };

  const gone = (device: Device): void => {
    devices.delete(device);
    for (const side of device.sides.values()) leave(side, "peer-left");
  };

  const openAs =
    (name: string): OpenSocket =>
    async () => {
      if (!relay.isReachable) throw new Error("nothing answers");
      const [ours, theirs] = socketPair();
      const device: Device = { name, socket: theirs, sides: new Map() };
      devices.add(device);
      theirs.attach({
        message: (bytes) => handle(device, decodeFrame(bytes) as RelayFrame),
        close: () => gone(device),
        drain: () => {},
      });
      return ours;
    };

  let links = 0;
  const relay: MemoryRelay = {
    link(name, clock) {
      links += 1;
      const random = seededRandom(links);
      return new RelayLink({
        host: { clock, random: (length) => random.bytes(length) },
        openSocket: openAs(name),
        url: "ws://127.0.0.1:1/",
      });
    },
    pass: (bytes) => [bytes],
    isReachable: true,
    cut(name) {
      for (const device of devices) if (device.name === name) device.socket.close(1006);
    },
    get size() {
      return sidesById.size;
    },
  };
  return relay;
};
