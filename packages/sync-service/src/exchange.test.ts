import { decodeFrame, encodeData, encodeFrame, type RelayFrame } from "@masq/core/relay";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Exchange, type Device, type Side } from "./exchange.ts";

const CREDIT = 40;

/** A device whose connection loses nothing; it keeps what it is told, in order. */
class TestDevice implements Device {
  readonly frames: RelayFrame[] = [];
  readonly sides = new Map<number, Side>();
  readonly #epochs = new Map<number, number>();

  send(frame: Uint8Array): void {
    this.frames.push(decodeFrame(new Uint8Array(frame)) as RelayFrame);
  }

  deliver(frame: Uint8Array): void {
    this.send(frame);
  }

  nextEpoch(slot: number): number {
    const epoch = ((this.#epochs.get(slot) ?? 0) % 255) + 1;
    this.#epochs.set(slot, epoch);
    return epoch;
  }

  released(slot: number, status: "retired" | "replaced"): void {
    this.sides.delete(slot);
    this.send(encodeFrame({ type: "listening", entries: [{ slot, status }] }));
  }
}

type Step =
  | {
      readonly do: "listen";
      readonly device: number;
      readonly slot: number;
      readonly id: number;
      readonly key: number;
    }
  | {
      readonly do: "unlisten" | "send" | "stale";
      readonly device: number;
      readonly slot: number;
    }
  | { readonly do: "grant"; readonly device: number; readonly slot: number; readonly more: number }
  | { readonly do: "cut"; readonly device: number };

const place = { device: fc.nat({ max: 4 }), slot: fc.nat({ max: 2 }) };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("listen" as const),
      ...place,
      id: fc.nat({ max: 2 }),
      key: fc.nat({ max: 2 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("send" as const), ...place }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("unlisten" as const, "stale" as const), ...place }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("grant" as const),
      ...place,
      more: fc.nat({ max: 2 * CREDIT }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cut" as const), device: place.device }) },
);

/** What the reference model knows of one direction of one meeting: what was sent into it, and what may be. */
interface Direction {
  readonly sent: number[];
  limit: number;
  bytes: number;
}

/** One meeting of two sides, from PEER_UP to PEER_DOWN. */
interface Meeting {
  readonly ends: readonly [End, End];
  isOver: boolean;
}
interface End {
  readonly device: TestDevice;
  readonly slot: number;
  readonly out: Direction;
  epoch: number;
}

/** The model: who holds which place, by id at most two, each with its key. Written without a look at the exchange. */
class Model {
  readonly meetings: Meeting[] = [];
  readonly #places = new Map<number, { device: TestDevice; slot: number; key: number }[]>();

  #at(
    device: TestDevice,
    slot: number,
  ): [number, { device: TestDevice; slot: number; key: number }] | undefined {
    for (const [id, places] of this.#places)
      for (const one of places) if (one.device === device && one.slot === slot) return [id, one];
    return undefined;
  }

  holds(device: TestDevice, slot: number): boolean {
    return this.#at(device, slot) !== undefined;
  }

  live(device: TestDevice, slot: number): { meeting: Meeting; end: End; other: End } | undefined {
    for (const meeting of this.meetings) {
      const index = meeting.ends.findIndex((end) => end.device === device && end.slot === slot);
      if (!meeting.isOver && index >= 0)
        return { meeting, end: meeting.ends[index] as End, other: meeting.ends[1 - index] as End };
    }
    return undefined;
  }

  listen(device: TestDevice, slot: number, id: number, key: number): boolean {
    const places = this.#places.get(id) ?? [];
    const older = places.find((one) => one.key === key);
    if (older === undefined && places.length === 2) return false;
    if (older !== undefined) this.leave(older.device, older.slot);
    const rest = this.#places.get(id) ?? [];
    this.#places.set(id, [...rest, { device, slot, key }]);
    const [peer] = rest;
    if (peer !== undefined) {
      const end = (one: { device: TestDevice; slot: number }): End => ({
        ...one,
        out: { sent: [], limit: CREDIT, bytes: 0 },
        epoch: -1,
      });
      this.meetings.push({ ends: [end(peer), end({ device, slot })], isOver: false });
    }
    return true;
  }

  leave(device: TestDevice, slot: number): void {
    const found = this.#at(device, slot);
    if (found === undefined) return;
    const live = this.live(device, slot);
    if (live !== undefined) live.meeting.isOver = true;
    const [id, one] = found;
    this.#places.set(
      id,
      (this.#places.get(id) ?? []).filter((other) => other !== one),
    );
  }
}

const text = (letter: string, number: number): string => `${letter}${number}`.padEnd(16, "-");

/** Runs a schedule and checks every device's story against the model. */
const play = (steps: readonly Step[]): void => {
  const exchange = new Exchange(CREDIT);
  const devices = Array.from({ length: 5 }, () => new TestDevice());
  const model = new Model();
  let counter = 0;

  /** Takes the epochs of new meetings from what the devices were told. */
  const learnEpochs = (): void => {
    const meeting = model.meetings.at(-1);
    for (const end of meeting?.ends ?? []) {
      if (end.epoch >= 0) continue;
      const last = end.device.frames.findLast(
        (frame) => frame.type === "peer-up" && frame.slot === end.slot,
      ) as Extract<RelayFrame, { type: "peer-up" }> | undefined;
      expect(last).toBeDefined();
      end.epoch = last?.epoch ?? -1;
    }
  };

  const send = (device: TestDevice, slot: number, isStale: boolean): void => {
    const side = device.sides.get(slot);
    const live = model.live(device, slot);
    counter += 1;
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(0, counter);
    const epoch = isStale ? ((side?.epoch ?? 0) + 254) % 256 : (side?.epoch ?? 0);
    if (live !== undefined && !isStale) {
      if (live.end.out.bytes + 8 > live.end.out.limit) model.leave(device, slot);
      else {
        live.end.out.bytes += 8;
        live.end.out.sent.push(counter);
      }
    }
    exchange.forward(side, epoch, encodeData(epoch, slot, bytes));
  };

  for (const one of steps) {
    const device = devices[one.device] as TestDevice;
    switch (one.do) {
      case "listen": {
        if (device.sides.has(one.slot)) break;
        const isTaken = model.listen(device, one.slot, one.id, one.key);
        const side = exchange.hold(device, one.slot, text("id", one.id), text("key", one.key));
        expect(side !== undefined).toBe(isTaken);
        if (side === undefined) break;
        device.sides.set(one.slot, side);
        exchange.join(side);
        learnEpochs();
        break;
      }
      case "unlisten": {
        const side = device.sides.get(one.slot);
        model.leave(device, one.slot);
        if (side !== undefined) exchange.unlisten(side);
        break;
      }
      case "send":
      case "stale":
        send(device, one.slot, one.do === "stale");
        break;
      case "grant": {
        const side = device.sides.get(one.slot);
        const live = model.live(device, one.slot);
        if (side === undefined) break;
        const limit = (live?.other.out.bytes ?? 0) + one.more;
        if (live !== undefined) live.other.out.limit = Math.max(live.other.out.limit, limit);
        exchange.credit(side, side.epoch, limit);
        break;
      }
      case "cut": {
        for (const side of device.sides.values()) exchange.leave(side);
        for (const slot of device.sides.keys()) model.leave(device, slot);
        device.sides.clear();
        break;
      }
    }
    for (const each of devices)
      for (let slot = 0; slot < 3; slot += 1)
        expect(each.sides.get(slot)?.isHeld ?? false).toBe(model.holds(each, slot));
  }

  for (const { ends } of model.meetings) {
    ends.forEach((end, index) => {
      const { sent } = (ends[1 - index] as End).out;
      // Between this end's PEER_UP and whatever ends the epoch for it: exactly what the other end could send.
      const story = end.device.frames;
      const from = story.findIndex(
        (frame) => frame.type === "peer-up" && frame.slot === end.slot && frame.epoch === end.epoch,
      );
      const next = story.findIndex(
        (frame, at) =>
          at > from &&
          ((frame.type === "peer-down" && frame.slot === end.slot) ||
            (frame.type === "peer-up" && frame.slot === end.slot)),
      );
      const span = story.slice(from, next < 0 ? undefined : next);
      const received = span.flatMap((frame) =>
        frame.type === "data" && frame.slot === end.slot
          ? [new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getUint32(0)]
          : [],
      );
      expect(received).toEqual(sent);
      for (const frame of span)
        if (frame.type === "data" && frame.slot === end.slot) expect(frame.epoch).toBe(end.epoch);
    });
  }
  // A slot goes down once for each time it came up, in the same epoch.
  for (const { frames } of devices) {
    const epochs = new Map<number, number>();
    for (const frame of frames) {
      if (frame.type === "peer-up") epochs.set(frame.slot, frame.epoch);
      if (frame.type !== "peer-down") continue;
      expect(epochs.get(frame.slot)).toBe(frame.epoch);
      epochs.delete(frame.slot);
    }
  }
  // Nothing arrives outside an epoch.
  const arrived = devices.flatMap(({ frames }) =>
    frames.filter(({ type }) => type === "data"),
  ).length;
  const sent = model.meetings.flatMap(({ ends }) => ends.flatMap(({ out }) => out.sent)).length;
  expect(arrived).toBe(sent);
  for (const device of devices) for (const side of device.sides.values()) exchange.leave(side);
  expect(exchange.size).toBe(0);
};

describe("Exchange", () => {
  it("gives each side exactly what the other sent in the epoch, in any schedule", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: "max" }), (steps) => play(steps)),
      { numRuns: 400 },
    );
  });

  it("tells both sides why, and a device that overruns its credit that it did", () => {
    const exchange = new Exchange(CREDIT);
    const [a, b] = [new TestDevice(), new TestDevice()];
    const sideA = exchange.hold(a, 1, text("id", 1), text("key", 1)) as Side;
    const sideB = exchange.hold(b, 2, text("id", 1), text("key", 2)) as Side;
    exchange.join(sideB);
    exchange.forward(sideA, sideA.epoch, encodeData(sideA.epoch, 1, new Uint8Array(CREDIT)));
    exchange.forward(sideA, sideA.epoch, encodeData(sideA.epoch, 1, new Uint8Array(1)));
    expect(a.frames.slice(1)).toEqual([
      { type: "peer-down", epoch: 1, slot: 1, reason: "credit-exceeded", received: CREDIT },
      { type: "listening", entries: [{ slot: 1, status: "retired" }] },
    ]);
    expect(b.frames.slice(2)).toEqual([
      { type: "peer-down", epoch: 1, slot: 2, reason: "peer-unlistened", received: 0 },
    ]);
    expect(exchange.counts).toEqual({ forwarded: 1, dropped: 0 });
    exchange.forward(sideA, 1, encodeData(1, 1, new Uint8Array(1)));
    exchange.forward(undefined, 1, encodeData(1, 1, new Uint8Array(1)));
    expect(exchange.counts).toEqual({ forwarded: 1, dropped: 2 });
  });

  it("never uses the same epoch twice in a row, however often a peer comes and goes", () => {
    const exchange = new Exchange(CREDIT);
    const [a, b] = [new TestDevice(), new TestDevice()];
    exchange.join(exchange.hold(a, 0, text("id", 1), text("key", 1)) as Side);
    for (let round = 0; round < 600; round += 1) {
      const side = exchange.hold(b, 0, text("id", 1), text("key", 2)) as Side;
      exchange.join(side);
      exchange.unlisten(side);
    }
    const epochs = a.frames.flatMap((frame) => (frame.type === "peer-up" ? [frame.epoch] : []));
    expect(epochs.length).toBe(600);
    expect(epochs.every((epoch, index) => epoch !== 0 && epoch !== epochs[index - 1])).toBe(true);
  });
});
