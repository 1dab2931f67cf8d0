import { describe, expect, it } from "vitest";
import type { ReplicaId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import { rejectsCode } from "../testing/expect.ts";
import { DeviceService, MAX_HELD_WAITS } from "./device-service.ts";
import type { DeviceSummary, OtherDevices } from "./other-devices.ts";

const INVALID = "MASQ_MESSAGE_INVALID";

interface Wait {
  readonly counter: number;
  readonly devices: number;
  readonly held: () => void;
  isEnded: boolean;
}

const REPLICA = "aaaaaaaaaaaaaaaa" as ReplicaId;

const setUp = () => {
  const waits: Wait[] = [];
  const events: [name: string, data: unknown][] = [];
  const listeners = new Set<() => void>();
  const list: DeviceSummary[] = [];
  const devices: OtherDevices = {
    list: () => list,
    onChanged: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    whenHeld: (vector, count, held) => {
      const wait: Wait = {
        counter: vector.get(REPLICA) ?? 0,
        devices: count,
        held,
        isEnded: false,
      };
      waits.push(wait);
      return () => {
        wait.isEnded = true;
      };
    },
  };
  let counter = 7;
  let trouble: MasqError | undefined;
  const healthListeners = new Set<() => void>();
  const service = new DeviceService({
    devices,
    health: {
      get trouble() {
        return trouble;
      },
      onChanged: (listener) => {
        healthListeners.add(listener);
        return () => healthListeners.delete(listener);
      },
    },
    vector: async () => new Map([[REPLICA, counter]]),
    emit: (name, data) => events.push([name, data]),
  });
  const setTrouble = (next: MasqError | undefined): void => {
    trouble = next;
    for (const listener of healthListeners) listener();
  };
  return {
    service,
    waits,
    events,
    listeners,
    setCounter: (value: number) => (counter = value),
    setTrouble,
  };
};

describe("waiting for other devices", () => {
  it("is over once, after the reply, when so many hold all that was written by then", async () => {
    const { service, waits, events, setCounter } = setUp();
    expect(await service.hold([1, 2])).toBeNull();
    setCounter(9);
    await service.hold([2, 1]);
    expect(waits).toMatchObject([
      { counter: 7, devices: 2 },
      { counter: 9, devices: 1 },
    ]);
    for (const { held } of waits) held();
    waits[0]?.held();
    await Promise.resolve();
    expect(events).toEqual([
      ["held", 1],
      ["held", 2],
    ]);
  });

  it("can be given up, and ends with the connection", async () => {
    const { service, waits, events } = setUp();
    await service.hold([1, 1]);
    await service.hold([2, 1]);
    service.unhold(1);
    service.unhold(99);
    waits[0]?.held();
    service.close();
    waits[1]?.held();
    await Promise.resolve();
    expect(waits.map(({ isEnded }) => isEnded)).toEqual([true, true]);
    expect(events).toEqual([]);
  });

  it("does not begin after the connection has ended", async () => {
    const { service, waits } = setUp();
    const answer = service.hold([1, 1]);
    service.close();
    expect(await answer).toBeNull();
    expect(waits).toEqual([]);
  });

  it("is refused for an impossible number, an id in use, and when there are too many", async () => {
    const { service } = setUp();
    for (const params of [[1, 0], [1, 1025], [1], "x", [-1, 1]])
      await rejectsCode(service.hold(params), INVALID);
    const first = service.hold([1, 1]);
    await rejectsCode(service.hold([1, 1]), INVALID);
    await first;
    for (let id = 2; id <= MAX_HELD_WAITS; id += 1) await service.hold([id, 1]);
    await rejectsCode(service.hold([MAX_HELD_WAITS + 1, 1]), INVALID);
  });
});

describe("the status of other devices", () => {
  it("is told after every change once it was asked for, and never twice", () => {
    const { service, events, listeners } = setUp();
    expect(listeners.size).toBe(0);
    service.watchStatus();
    service.watchStatus();
    for (const listener of listeners) listener();
    expect(events).toEqual([["status", []]]);
    service.close();
    expect(listeners.size).toBe(0);
  });
});

describe("trouble with the storage", () => {
  it("is the answer to who begins to follow it, and is told when it differs, until the connection ends", () => {
    const { service, events, setTrouble } = setUp();
    const told = ["MASQ_STORAGE_FULL", "The disk is full."];
    setTrouble(new MasqError("MASQ_STORAGE_FULL", "The disk is full."));
    expect(events).toEqual([]);
    expect(service.watchStatus()).toEqual(told);
    setTrouble(undefined);
    setTrouble(new MasqError("MASQ_STORAGE_FULL", "The disk is full."));
    expect(events).toEqual([
      ["trouble", null],
      ["trouble", told],
    ]);
    service.close();
    setTrouble(undefined);
    expect(events).toHaveLength(2);
  });
});
