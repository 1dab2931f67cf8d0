import { describe, expect, it } from "vitest";
import { RelayLink } from "../relay/relay-link.ts";
import type { RelaySlot } from "../relay/relay-slot.ts";
import { manualClock } from "./manual-clock.ts";
import { memoryRelay, type MemoryRelay } from "./memory-relay.ts";
import { seededRandom } from "./seeded-random.ts";
import { settled } from "./sim/timeline.ts";

const linkTo = (relay: MemoryRelay, name: string): RelayLink => {
  const random = seededRandom(3);
  return new RelayLink({
    host: { clock: manualClock(), random: (length) => random.bytes(length) },
    openSocket: relay.openSocket(name),
    url: "ws://127.0.0.1:1/",
  });
};

const hold = (link: RelayLink, side: number): { slot: RelaySlot; heard: string[] } => {
  const heard: string[] = [];
  const rendezvous = { id: new Uint8Array(16).fill(9), sideKey: new Uint8Array(16).fill(side) };
  const slot = link.listen(rendezvous, {
    up: (epoch) => heard.push(`up ${epoch}`),
    down: (reason) => heard.push(`down ${reason}`),
    data: (bytes) => heard.push(`data ${bytes.join()}`),
    writable: () => heard.push("writable"),
    refused: (status) => heard.push(`refused ${status}`),
  });
  return { slot, heard };
};

const pair = async () => {
  const relay = memoryRelay(manualClock(), 1_700_000_000);
  const links = [linkTo(relay, "a"), linkTo(relay, "b")] as const;
  const [a, b] = [hold(links[0], 1), hold(links[1], 2)];
  await settled();
  return { relay, links, a, b };
};

describe("a relay in memory", () => {
  it("joins two sides, passes bytes in order, and tells its clock", async () => {
    const { links, a, b } = await pair();
    a.slot.send(Uint8Array.of(1));
    a.slot.send(Uint8Array.of(2));
    b.slot.send(Uint8Array.of(3));
    await settled();
    expect([a.heard, b.heard]).toEqual([
      ["up 1", "data 3"],
      ["up 1", "data 1", "data 2"],
    ]);
    expect(links[0].clockSeconds(0)).toBe(1_700_000_000);
  });

  it("begins a new epoch when a side was given up and taken again", async () => {
    const { relay, links, a, b } = await pair();
    a.slot.unlisten();
    const again = hold(links[0], 1);
    await settled();
    expect(b.heard).toEqual(["up 1", "down peer-unlistened", "up 2"]);
    expect(again.heard).toEqual(["up 1"]);
    expect(a.heard).toEqual(["up 1"]);
    expect(relay.held).toBe(1);
  });

  it("gives a side to the newer of two, and a third none", async () => {
    const { relay, a, b } = await pair();
    const newer = hold(linkTo(relay, "a"), 1);
    const third = hold(linkTo(relay, "c"), 3);
    await settled();
    expect(a.heard).toEqual(["up 1", "down replaced", "refused replaced"]);
    expect(b.heard).toEqual(["up 1", "down replaced", "up 2"]);
    expect(newer.heard).toEqual(["up 1"]);
    expect(third.heard).toEqual(["refused crowded"]);
  });

  it("lets through what was granted and no more", async () => {
    const { a, b } = await pair();
    const frame = new Uint8Array(65_536);
    expect([a.slot.send(frame), a.slot.send(frame), a.slot.send(frame)]).toEqual([
      true,
      true,
      false,
    ]);
    await settled();
    b.slot.consume(65_536);
    await settled();
    expect(a.heard.at(-1)).toBe("writable");
    expect([a.slot.send(frame), a.slot.send(frame)]).toEqual([true, false]);
  });

  it("tells the other side of a connection that was cut", async () => {
    const { relay, b } = await pair();
    relay.isReachable = false;
    relay.cut("a");
    await settled();
    expect(b.heard).toEqual(["up 1", "down peer-left"]);
    relay.cut();
    await settled();
    expect(relay.held).toBe(0);
  });
});
