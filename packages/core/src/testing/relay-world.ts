/** A RelayLink whose relay, network and clock belong to the test. */
import type { OpenSocket, Socket } from "../host.ts";
import { decodeFrame } from "../relay/decode.ts";
import { encodeFrame } from "../relay/encode.ts";
import type { RelayFrame, WelcomeFrame } from "../relay/frames.ts";
import { RelayLink, type RelayStatus } from "../relay/relay-link.ts";
import type { RelaySlot } from "../relay/relay-slot.ts";
import { manualClock, type ManualClock } from "./manual-clock.ts";
import { seededRandom } from "./seeded-random.ts";
import { socketPair } from "../local/socket-pair.ts";

/** Every microtask that is due has run. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

/** The relay's end of one connection, played by the test. */
export class RelayEnd {
  readonly frames: RelayFrame[] = [];
  readonly socket: Socket;
  closedWith: number | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.attach({
      message: (bytes) => this.frames.push(decodeFrame(bytes) as RelayFrame),
      close: (code) => (this.closedWith = code),
      drain: () => {},
    });
  }

  say(frame: RelayFrame): void {
    this.socket.send(encodeFrame(frame));
  }

  welcome(over: Partial<Omit<WelcomeFrame, "type">> = {}): void {
    this.say({
      type: "welcome",
      features: 0,
      maxFrame: 65_540,
      maxTokens: 512,
      initialCredit: 65_536,
      pingSeconds: 25,
      bytesPerSecond: 0,
      unixSeconds: 1_700_000_000,
      reconnectJitterMs: 2000,
      ...over,
    });
  }

  of<Type extends RelayFrame["type"]>(type: Type): Extract<RelayFrame, { type: Type }>[] {
    return this.frames.filter(
      (frame): frame is Extract<RelayFrame, { type: Type }> => frame.type === type,
    );
  }
}

export interface RelayWorld {
  readonly clock: ManualClock;
  readonly link: RelayLink;
  /** One per connection, in order. */
  readonly ends: RelayEnd[];
  readonly statuses: RelayStatus[];
  isReachable: boolean;
  /** The platform says that the network has gone, or come. */
  networkChanged(): void;
}

export const relayWorld = (isReachable = true): RelayWorld => {
  const clock = manualClock();
  const random = seededRandom(7);
  const ends: RelayEnd[] = [];
  const statuses: RelayStatus[] = [];
  const listeners = new Set<() => void>();
  const networkChanged = (): void => {
    for (const listener of listeners) listener();
  };
  const made = { clock, ends, statuses, isReachable, networkChanged };
  const openSocket: OpenSocket = async () => {
    if (!made.isReachable) throw new Error("nothing answers");
    const [ours, theirs] = socketPair();
    ends.push(new RelayEnd(theirs));
    return ours;
  };
  const link = new RelayLink({
    host: {
      clock,
      random: (length) => random.bytes(length),
      onNetworkChange(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    openSocket,
    url: "ws://127.0.0.1:1/",
  });
  link.onStatus((status) => statuses.push(status));
  return Object.assign(made, { link });
};

export const rendezvous = (byte: number): { id: Uint8Array; sideKey: Uint8Array } => ({
  id: new Uint8Array(16).fill(byte),
  sideKey: new Uint8Array(16).fill(byte + 100),
});

export interface Listening {
  readonly slot: RelaySlot;
  /** Ups, downs, refusals, and that it may go on. */
  readonly heard: string[];
  readonly datas: Uint8Array[];
}

export const listening = (link: RelayLink, byte = 1): Listening => {
  const heard: string[] = [];
  const datas: Uint8Array[] = [];
  const slot = link.listen(rendezvous(byte), {
    up: (epoch) => heard.push(`up ${epoch}`),
    down: (reason) => heard.push(`down ${reason}`),
    data: (bytes) => datas.push(bytes),
    writable: () => heard.push("writable"),
    refused: (status) => heard.push(`refused ${status}`),
  });
  return { slot, heard, datas };
};

export interface RelayUp extends RelayWorld, Listening {
  readonly end: RelayEnd;
  /** To change whether the relay can be reached. */
  readonly net: RelayWorld;
}

/** Connected, with slot 0 up in epoch 5. */
export const relayUp = async (): Promise<RelayUp> => {
  const all = relayWorld();
  const one = listening(all.link);
  await settle();
  const end = all.ends[0] as RelayEnd;
  end.welcome();
  await settle();
  end.say({ type: "listening", entries: [{ slot: 0, status: "waiting" }] });
  end.say({ type: "peer-up", epoch: 5, slot: 0, credit: 65_536 });
  await settle();
  return { ...all, ...one, end, net: all };
};
