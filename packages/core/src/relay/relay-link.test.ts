import { describe, expect, it } from "vitest";
import type { MasqError } from "../errors.ts";
import {
  listening,
  RelayEnd,
  relayUp,
  relayWorld,
  rendezvous,
  settle,
} from "../testing/relay-world.ts";
import type { RelayStatus } from "./relay-link.ts";

describe("RelayLink", () => {
  it("says hello, waits for the welcome and then listens in one frame", async () => {
    const { link, ends, statuses } = relayWorld();
    for (let byte = 1; byte <= 3; byte += 1) listening(link, byte);
    await settle();
    const [end] = ends as [RelayEnd];
    expect(end.frames.map(({ type }) => type)).toEqual(["hello"]);
    end.welcome();
    await settle();
    expect(end.frames.map(({ type }) => type)).toEqual(["hello", "listen"]);
    expect(end.of("listen")[0]?.entries.map(({ slot }) => slot)).toEqual([0, 1, 2]);
    expect(end.of("listen")[0]?.entries[1]).toEqual({ slot: 1, ...rendezvous(2) });
    listening(link, 4);
    listening(link, 5);
    await settle();
    expect(end.of("listen")[1]?.entries.map(({ slot }) => slot)).toEqual([3, 4]);
    expect(statuses.map(({ state }) => state)).toEqual(["connected"]);
    link.close();
  });

  it("tells several owners of its status, each as long as it wants to hear", async () => {
    const { link, ends, statuses } = relayWorld();
    const heard: string[] = [];
    const stop = link.onStatus(({ state }) => {
      heard.push(state);
      stop();
    });
    await settle();
    ends[0]?.welcome();
    await settle();
    link.close();
    expect(heard).toEqual(["connected"]);
    expect(statuses.map(({ state }) => state)).toEqual(["connected", "closed"]);
  });

  it("tells the relay's clock by its own steady one", async () => {
    const { link, ends, clock } = relayWorld();
    expect(link.clockSeconds(clock.monotonic())).toBeUndefined();
    await settle();
    ends[0]?.welcome();
    await settle();
    clock.setNow(0);
    clock.advance(1500);
    expect(link.clockSeconds(clock.monotonic())).toBe(1_700_000_001.5);
    link.close();
    expect(link.clockSeconds(clock.monotonic())).toBe(1_700_000_001.5);
  });

  it("passes bytes both ways while the peer is there, and only of this epoch", async () => {
    const { slot, end, heard, datas, link } = await relayUp();
    expect(slot.state).toBe("up");
    expect(slot.send(Uint8Array.of(1, 2))).toBe(true);
    await settle();
    expect(end.of("data")).toEqual([
      { type: "data", epoch: 5, slot: 0, bytes: Uint8Array.of(1, 2) },
    ]);
    end.say({ type: "data", epoch: 4, slot: 0, bytes: Uint8Array.of(8) });
    end.say({ type: "data", epoch: 5, slot: 0, bytes: Uint8Array.of(9) });
    end.say({ type: "data", epoch: 5, slot: 77, bytes: Uint8Array.of(8) });
    end.say({ type: "peer-down", epoch: 5, slot: 0, reason: "peer-left", received: 2 });
    await settle();
    expect(datas).toEqual([Uint8Array.of(9)]);
    expect(heard).toEqual(["up 5", "down peer-left"]);
    expect(slot.send(Uint8Array.of(1))).toBe(false);
    link.close();
  });

  it("refuses what the peer has not granted, and says when it would go", async () => {
    const { slot, end, heard, link } = await relayUp();
    expect(slot.send(new Uint8Array(65_000))).toBe(true);
    expect(slot.send(new Uint8Array(537))).toBe(false);
    expect(slot.send(new Uint8Array(536))).toBe(true);
    expect(slot.send(new Uint8Array(100))).toBe(false);
    end.say({ type: "credit", epoch: 5, slot: 0, limit: 65_600 });
    end.say({ type: "credit", epoch: 4, slot: 0, limit: 999_999 });
    await settle();
    expect(heard).toEqual(["up 5"]);
    end.say({ type: "credit", epoch: 5, slot: 0, limit: 65_636 });
    // Credit is absolute: an older one that comes late takes nothing back.
    end.say({ type: "credit", epoch: 5, slot: 0, limit: 1 });
    await settle();
    expect(heard).toEqual(["up 5", "writable"]);
    expect(slot.send(new Uint8Array(100))).toBe(true);
    expect(() => slot.send(new Uint8Array(0))).toThrow(/1 to 65,536/);
    expect(() => slot.send(new Uint8Array(65_537))).toThrow(/1 to 65,536/);
    link.close();
  });

  it("grants more as its owner consumes, half a window at a time", async () => {
    const { slot, end, link } = await relayUp();
    const limits = (): number[] => end.of("credit").map(({ limit }) => limit);
    expect(limits()).toEqual([131_072]);
    for (let frame = 0; frame < 2; frame += 1)
      end.say({ type: "data", epoch: 5, slot: 0, bytes: new Uint8Array(65_536) });
    await settle();
    slot.consume(65_535);
    await settle();
    expect(limits()).toEqual([131_072]);
    slot.consume(1);
    await settle();
    expect(limits()).toEqual([131_072, 196_608]);
    // Nobody can consume what has not come.
    slot.consume(10_000_000);
    await settle();
    expect(limits()).toEqual([131_072, 196_608, 262_144]);
    link.close();
  });

  it("leaves a relay that lets through more than was granted", async () => {
    const { end, ends, clock, datas, link } = await relayUp();
    for (let frame = 0; frame < 3; frame += 1)
      end.say({ type: "data", epoch: 5, slot: 0, bytes: new Uint8Array(65_536) });
    await settle();
    expect(datas.length).toBe(2);
    expect(end.closedWith).toBe(4006);
    clock.advance(1000);
    await settle();
    expect(ends.length).toBe(2);
    link.close();
  });

  it("comes back after a loss, later each time, and listens to everything again", async () => {
    const all = await relayUp();
    const { link, ends, clock, heard, statuses } = all;
    listening(link, 2);
    all.net.isReachable = false;
    ends[0]?.socket.close(1006);
    await settle();
    expect(heard).toEqual(["up 5", "down link-lost"]);
    let slowest = 0;
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      const last = statuses.at(-1) as Extract<RelayStatus, { state: "waiting" }>;
      expect(last.state).toBe("waiting");
      expect(last.error.code).toBe("MASQ_SYNC_SERVICE_UNREACHABLE");
      expect(last.retryInMs).toBeLessThanOrEqual(Math.min(60_000, 500 * 2 ** (attempt - 1)));
      slowest = Math.max(slowest, last.retryInMs);
      clock.advance(last.retryInMs);
      await settle();
    }
    expect(slowest).toBeGreaterThan(10_000);
    all.net.isReachable = true;
    clock.advance(60_000);
    await settle();
    const end = ends[1] as RelayEnd;
    end.welcome();
    await settle();
    expect(end.of("listen")[0]?.entries.map(({ id }) => id[0])).toEqual([1, 2]);
    expect(statuses.at(-1)?.state).toBe("connected");
    link.close();
  });

  it("finds out that a connection is dead, and takes anything as a sign of life", async () => {
    const { end, ends, clock, link, heard } = await relayUp();
    for (let round = 0; round < 25; round += 1) {
      clock.advance(5_000);
      await settle();
      // Not an answer, but somebody is there.
      end.say({ type: "throttled", limitId: 1, rate: 1 });
      await settle();
    }
    expect(end.of("ping").length).toBeGreaterThanOrEqual(4);
    expect(end.closedWith).toBeUndefined();
    clock.advance(36_000);
    await settle();
    expect(end.closedWith).toBe(1000);
    expect(heard.at(-1)).toBe("down link-lost");
    clock.advance(500);
    await settle();
    expect(ends.length).toBe(2);
    link.close();
  });

  it("answers pings", async () => {
    const { end, link } = await relayUp();
    const nonce = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    end.say({ type: "ping", nonce });
    await settle();
    expect(end.of("pong")).toEqual([{ type: "pong", nonce }]);
    link.close();
  });

  it("uses a slot number again only when the relay has let go of it", async () => {
    const { link, end, slot, heard } = await relayUp();
    slot.unlisten();
    slot.unlisten();
    const next = listening(link, 2);
    await settle();
    expect(end.of("unlisten")).toEqual([{ type: "unlisten", slots: [0] }]);
    expect(end.of("listen")[1]?.entries[0]?.slot).toBe(1);
    end.say({ type: "listening", entries: [{ slot: 1, status: "waiting" }] });
    // Crossed with UNLISTEN: neither the old owner nor the new one hears of it.
    end.say({ type: "peer-down", epoch: 5, slot: 0, reason: "peer-left", received: 0 });
    end.say({ type: "peer-up", epoch: 6, slot: 0, credit: 65_536 });
    end.say({ type: "listening", entries: [{ slot: 0, status: "retired" }] });
    await settle();
    listening(link, 3);
    await settle();
    expect(end.of("listen")[2]?.entries[0]?.slot).toBe(0);
    expect(heard).toEqual(["up 5"]);
    expect(next.heard).toEqual([]);
    link.close();
  });

  it("lets slots wait for a number when the relay has few", async () => {
    const { link, ends } = relayWorld();
    const slots = [1, 2, 3].map((byte) => listening(link, byte));
    await settle();
    const [end] = ends as [RelayEnd];
    end.welcome({ maxTokens: 2 });
    await settle();
    end.say({
      type: "listening",
      entries: [
        { slot: 0, status: "waiting" },
        { slot: 1, status: "crowded" },
      ],
    });
    await settle();
    expect(slots[1]?.heard).toEqual(["refused crowded"]);
    expect(
      end.of("listen").map(({ entries }) => entries.map(({ slot, id }) => [slot, id[0]])),
    ).toEqual([
      [
        [0, 1],
        [1, 2],
      ],
      [[1, 3]],
    ]);
    link.close();
  });

  it("does not fight over a place that a newer socket has taken", async () => {
    const { link, end, heard, slot } = await relayUp();
    end.say({ type: "peer-down", epoch: 5, slot: 0, reason: "replaced", received: 0 });
    end.say({ type: "listening", entries: [{ slot: 0, status: "replaced" }] });
    await settle();
    expect(heard).toEqual(["up 5", "down replaced", "refused replaced"]);
    expect(slot.state).toBe("refused");
    expect(end.of("listen").length).toBe(1);
    link.close();
  });

  it("keeps away as long as the relay asks, and says that it was refused", async () => {
    const { link, ends, clock, statuses } = relayWorld();
    await settle();
    const [end] = ends as [RelayEnd];
    end.say({ type: "error", code: 4002, retryAfterSeconds: 600 });
    end.socket.close(4002);
    await settle();
    const last = statuses.at(-1) as { error: MasqError; retryInMs: number };
    expect(last.error.code).toBe("MASQ_SYNC_SERVICE_REFUSED");
    expect(last.retryInMs).toBe(600_000);
    clock.advance(599_999);
    await settle();
    expect(ends.length).toBe(1);
    clock.advance(1);
    await settle();
    expect(ends.length).toBe(2);
    link.close();
  });

  it("leaves within the time a relay that is about to stop gives it", async () => {
    const { end, ends, clock, link, heard } = await relayUp();
    clock.advance(10_000);
    end.say({ type: "go-away", minMs: 1000, maxMs: 3000, reason: 0 });
    await settle();
    clock.advance(999);
    await settle();
    expect(end.closedWith).toBeUndefined();
    clock.advance(2001);
    await settle();
    expect(end.closedWith).toBe(1000);
    expect(ends.length).toBe(2);
    expect(heard).toEqual(["up 5", "down link-lost"]);
    link.close();
  });

  it("gives up on a relay that says nothing, nonsense, or offers too small frames", async () => {
    const { link, ends, clock } = relayWorld();
    await settle();
    clock.advance(10_000);
    await settle();
    expect(ends[0]?.closedWith).toBe(4006);
    const next = async (): Promise<RelayEnd> => {
      clock.advance(60_000);
      await settle();
      return ends.at(-1) as RelayEnd;
    };
    const second = await next();
    second.socket.send(Uint8Array.of(1, 2, 3));
    await settle();
    expect(second.closedWith).toBe(4006);
    const third = await next();
    third.welcome({ maxFrame: 1000 });
    await settle();
    expect(third.closedWith).toBe(4001);
    const fourth = await next();
    fourth.welcome();
    fourth.socket.send(Uint8Array.of(0x99, 1, 2, 3, 4));
    await settle();
    expect(fourth.closedWith).toBeUndefined();
    fourth.say({ type: "unlisten", slots: [1] });
    await settle();
    expect(fourth.closedWith).toBe(4006);
    link.close();
  });

  it("leaves nothing behind when closed, whatever it was doing", async () => {
    const connected = await relayUp();
    connected.link.close();
    connected.link.close();
    await settle();
    expect(connected.end.closedWith).toBe(1000);
    expect(connected.heard).toEqual(["up 5", "down link-lost"]);
    expect(connected.clock.pending).toBe(0);
    expect(() => listening(connected.link)).toThrow(/closed/);
    const opening = relayWorld();
    opening.link.close();
    await settle();
    expect(opening.ends[0]?.closedWith).toBe(1000);
    expect(opening.clock.pending).toBe(0);
    const waiting = relayWorld(false);
    await settle();
    waiting.link.close();
    expect(waiting.clock.pending).toBe(0);
    expect(waiting.statuses.map(({ state }) => state)).toEqual(["waiting", "closed"]);
  });
});
