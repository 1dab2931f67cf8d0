import { describe, expect, it } from "vitest";
import {
  connectorWorld,
  type ConnectorEnd,
  type ConnectorWorld,
} from "../testing/connector-ends.ts";
import { equal } from "../testing/expect.ts";
import type { MemoryRelay } from "../testing/memory-relay.ts";
import { settled } from "../testing/sim/timeline.ts";

const sessions = ({ ends }: ConnectorWorld): number[] => ends.map(({ owners }) => owners.length);

/** Says something that the other device has to answer. */
const ask = async ({ owner }: ConnectorEnd, bytes = 10): Promise<void> => {
  owner.awaitsAnswer = true;
  owner.channel.send(new Uint8Array(bytes));
  await settled();
};

describe("a session in which nothing moves any more", () => {
  it("ends when an answer is due for a minute, and the next one is over another relay", async () => {
    const world = await connectorWorld({ relays: 2 });
    // The relay in use takes everything from now on, and still answers pings.
    let swallowing: MemoryRelay | undefined;
    for (const relay of world.relays) {
      relay.onData = (bytes, _from, on) => {
        swallowing ??= relay;
        if (relay !== swallowing) on(bytes);
      };
    }
    await ask(world.initiator);
    await world.pass(56_000);
    equal(sessions(world), [1, 1]);
    await world.pass(60_000);
    equal(world.isConnected, true);
    await ask(world.initiator);
    equal(world.responder.owner.messages.length, 1);
    await world.close();
  });

  it("ends at a lone relay too, again and again", async () => {
    const world = await connectorWorld();
    const [relay] = world.relays as [MemoryRelay];
    relay.onData = () => {};
    await ask(world.responder);
    await world.pass(10 * 60_000);
    expect(world.responder.owner.isClosed).toBe(true);
    expect(world.isConnected).toBe(false);
    relay.onData = (bytes, _from, on) => on(bytes);
    await world.pass(60_000);
    expect(world.isConnected).toBe(true);
    await world.close();
  });

  it("stays while nobody owes an answer", async () => {
    const world = await connectorWorld();
    (world.relays[0] as MemoryRelay).onData = () => {};
    world.initiator.owner.channel.send(new Uint8Array(10));
    await world.pass(20 * 60_000);
    equal(sessions(world), [1, 1]);
    await world.close();
  });

  it("stays while the relay lets through one frame of a long message every 25 seconds", async () => {
    const world = await connectorWorld();
    const waiting: (() => void)[] = [];
    (world.relays[0] as MemoryRelay).onData = (bytes, from, on) => {
      if (from === "initiator") waiting.push(() => on(bytes));
      else on(bytes);
    };
    await ask(world.initiator, 16 * 65_000);
    for (let frames = 0; waiting.length > 0; frames += 1) {
      await world.pass(25_000, 5000);
      waiting.shift()?.();
      await settled();
      expect(frames).toBeLessThan(17);
    }
    equal(sessions(world), [1, 1]);
    equal(world.responder.owner.messages.length, 1);
    await world.close();
  });
});
