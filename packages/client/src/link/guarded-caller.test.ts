import { CLOSE_TIMEOUT, eventItem, readRequest, resultItem, type LocalSession } from "@masq/core";
import { collector, manualClock, testHost, type Collector } from "@masq/core/testing";
import { describe, expect, it } from "vitest";
import { FIRST_MESSAGE, localWorld, shakeHands } from "../../../core/src/testing/local-ends.ts";
import { GuardedCaller } from "./guarded-caller.ts";

const SILENCE_MS = 4000;

interface Ends {
  readonly clock: ReturnType<typeof manualClock>;
  readonly caller: GuardedCaller;
  readonly store: LocalSession;
  /** Ids of the requests the store got. */
  readonly requests: Collector<number>;
  /** What the caller is told besides answers: an event's name, a close code, milliseconds of silence. */
  readonly told: Collector<string | number>;
  /** Lets time pass in steps, with what the store says in between arriving. */
  readonly pass: (ms: number) => Promise<void>;
}

const openEnds = async (): Promise<Ends> => {
  const host = testHost({ seed: 1 });
  const clock = manualClock();
  const world = localWorld(host);
  const ends = await shakeHands(host, world, world.joiners.granted);
  if (ends.app.status === "rejected" || ends.store.status === "rejected") throw new Error("apart");
  const store = ends.store.value.session;
  const requests = collector<number>();
  store.attach({
    message: (item) => {
      if (item !== FIRST_MESSAGE) requests.push(readRequest(item).id);
    },
    close: () => {},
    drain: () => {},
  });
  const told = collector<string | number>();
  const caller = new GuardedCaller({
    session: ends.app.value.session,
    clock,
    silenceMs: SILENCE_MS,
    handlers: {
      event: (name) => told.push(name),
      close: (code) => told.push(code),
      silent: (ms) => told.push(ms),
    },
  });
  const pass = async (ms: number): Promise<void> => {
    for (let step = 0; step < ms; step += 100) {
      clock.advance(100);
      // Frames travel in microtasks.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { clock, caller, store, requests, told, pass };
};

describe("a guarded caller", () => {
  it("ends a session that says nothing to a call, at once and without waiting for a farewell", async () => {
    const { caller, told, pass } = await openEnds();
    const call = caller.call("get", "key");
    call.catch(() => {});
    await pass(SILENCE_MS - 100);
    expect(told.items).toEqual([1000, 1000, 1000]);
    await pass(100);
    expect(told.items).toEqual([1000, 1000, 1000, 1000, CLOSE_TIMEOUT]);
    await expect(call).rejects.toMatchObject({ code: "MASQ_STORE_UNREACHABLE" });
    await expect(caller.call("get", "key")).rejects.toMatchObject({
      code: "MASQ_STORE_UNREACHABLE",
    });
  });

  it("waits for a store that is busy, as long as anything comes from it", async () => {
    const { caller, store, requests, told, pass } = await openEnds();
    const call = caller.call("list", {});
    for (let turn = 0; turn < 20; turn += 1) {
      await pass(SILENCE_MS * 0.7);
      store.send(eventItem("changes", null));
    }
    await pass(100);
    store.send(resultItem(requests.items[0] as number, "late"));
    expect(await call).toBe("late");
    expect(told.items.filter((item) => item === "changes")).toHaveLength(20);
    expect(told.items).not.toContain(CLOSE_TIMEOUT);
  });

  it("looks at nothing while no call is under way, or only one that waits for a person", async () => {
    const { clock, caller, store, requests, told, pass } = await openEnds();
    const call = caller.call("get", "key");
    await pass(100);
    store.send(resultItem(requests.items[0] as number, null));
    await call;
    await pass(SILENCE_MS * 3);
    const asking = caller.callWithoutHurry("requestAccess", []);
    await pass(SILENCE_MS * 3);
    expect(told.items).toEqual([]);
    expect(clock.pending).toBe(0);
    store.send(resultItem(requests.items[1] as number, "yes"));
    expect(await asking).toBe("yes");
  });

  it("does not take its own sleep for the store's silence", async () => {
    const { clock, caller, told, requests, store } = await openEnds();
    const call = caller.call("get", "key");
    await requests.until(({ length }) => length === 1, "the request");
    // The clock has gone on for an hour when the first look comes; the answer is read right behind it.
    clock.monotonic = () => 3_600_000;
    clock.advance(SILENCE_MS / 4);
    store.send(resultItem(requests.items[0] as number, "awake"));
    expect(await call).toBe("awake");
    expect(told.items).toEqual([SILENCE_MS / 4]);
  });
});
