/** Numbers that a relay may choose, chosen to do harm. */
import { describe, expect, it } from "vitest";
import type { Socket, SocketHandlers } from "../host.ts";
import { socketPair } from "../local/socket-pair.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { RelayEnd, relayUp, relayWorld, settle } from "../testing/relay-world.ts";
import { RelayLink } from "./relay-link.ts";
import { LinkSlot } from "./relay-slot.ts";

const U32 = 2 ** 32 - 1;

describe("RelayLink and a relay's numbers", () => {
  it("leaves a relay that would let a peer send more than this device holds", async () => {
    const { link, ends, statuses } = relayWorld();
    await settle();
    const [end] = ends as [RelayEnd];
    end.welcome({ initialCredit: 131_073 });
    await settle();
    expect(end.closedWith).toBe(4006);
    expect(statuses.at(-1)).toMatchObject({
      state: "waiting",
      error: { code: "MASQ_SYNC_SERVICE_REFUSED" },
    });
    link.close();
  });

  it("takes no more in a slot than its own window, whatever was said to be granted", () => {
    const handlers = { up() {}, down() {}, data() {}, writable() {} };
    const wire = { buffered: 0, hasRoom: true, send() {}, unlisten() {} };
    const rendezvous = { id: new Uint8Array(16), sideKey: new Uint8Array(16) };
    const slot = new LinkSlot(rendezvous, handlers, wire, 131_072);
    slot.number = 0;
    slot.answered("waiting");
    slot.peerUp({ type: "peer-up", epoch: 1, slot: 0, credit: 1 }, U32);
    expect(slot.takeData(1, new Uint8Array(65_536))).toBe(true);
    expect(slot.takeData(1, new Uint8Array(65_536))).toBe(true);
    expect(slot.takeData(1, new Uint8Array(1))).toBe(false);
  });

  it("does not take credit that goes on for ever for a sign that what was sent arrives", () => {
    const handlers = { up() {}, down() {}, data() {}, writable() {} };
    const wire = { buffered: 0, hasRoom: true, send() {}, unlisten() {} };
    const rendezvous = { id: new Uint8Array(16), sideKey: new Uint8Array(16) };
    const slot = new LinkSlot(rendezvous, handlers, wire, 131_072);
    slot.number = 0;
    slot.answered("waiting");
    slot.peerUp({ type: "peer-up", epoch: 1, slot: 0, credit: 65_536 }, 65_536);
    slot.send(new Uint8Array(65_536));
    const seen = new Set([slot.progress]);
    for (let limit = 65_537; limit < 100_000_000; limit += 1000) {
      slot.takeCredit(1, limit);
      seen.add(slot.progress);
    }
    expect(seen.size).toBe(3);
  });

  it("waits longer each time for a relay that sends it away at once", async () => {
    const { link, ends, clock } = relayWorld();
    const steps = 6000;
    let answered = 0;
    for (let step = 0; step < steps; step += 1) {
      await settle();
      for (; answered < ends.length; answered += 1) {
        const end = ends[answered] as RelayEnd;
        end.welcome();
        end.say({ type: "go-away", minMs: 0, maxMs: 0, reason: 0 });
      }
      await settle();
      clock.advance(100);
    }
    // Ten minutes, with waits of half a minute on average after the first few.
    expect(ends.length).toBeLessThan(60);
    link.close();
  });

  it("leaves ten minutes after it was told to, however late the relay wanted it", async () => {
    const { link, end, ends, clock } = await relayUp();
    end.say({ type: "go-away", minMs: U32, maxMs: U32, reason: 0 });
    await settle();
    for (let second = 0; second < 600; second += 5) {
      expect(end.closedWith).toBeUndefined();
      clock.advance(5000);
      await settle();
      end.say({ type: "throttled", limitId: 0, rate: 0 });
      await settle();
    }
    expect(end.closedWith).toBe(1000);
    expect(ends.length).toBe(2);
    link.close();
  });

  it("asks for a sign of life every 5 to 60 seconds, whatever the relay says", async () => {
    for (const [pingSeconds, least, most] of [
      [0, 50, 125],
      [65_535, 10, 20],
    ] as const) {
      const { link, ends, clock } = relayWorld();
      await settle();
      const [end] = ends as [RelayEnd];
      end.welcome({ pingSeconds });
      for (let second = 0; second < 600; second += 1) {
        clock.advance(1000);
        await settle();
        end.say({ type: "throttled", limitId: 0, rate: 0 });
        await settle();
      }
      expect(end.of("ping").length).toBeGreaterThanOrEqual(least);
      expect(end.of("ping").length).toBeLessThanOrEqual(most);
      link.close();
    }
  });

  it("answers no pings of a relay that does not read the answers", async () => {
    const [ours, theirs] = socketPair();
    let buffered = 0;
    const counted: Socket = Object.assign(Object.create(ours) as Socket, {
      attach: (handlers: SocketHandlers) => ours.attach(handlers),
      send: (frame: Uint8Array) => ours.send(frame),
      close: (code: number) => ours.close(code),
    });
    Object.defineProperty(counted, "buffered", { get: () => buffered });
    const link = new RelayLink({
      host: { clock: manualClock(), random: (length) => new Uint8Array(length) },
      openSocket: async () => counted,
      url: "ws://127.0.0.1:1/",
    });
    const end = new RelayEnd(theirs);
    await settle();
    end.welcome();
    for (const waiting of [0, 1024 * 1024, 0]) {
      buffered = waiting;
      end.say({ type: "ping", nonce: new Uint8Array(8) });
      await settle();
    }
    expect(end.of("pong").length).toBe(2);
    link.close();
  });
});
