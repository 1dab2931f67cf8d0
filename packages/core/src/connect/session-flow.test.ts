import { describe, expect, it } from "vitest";
import { RENEW_AFTER_MS, STEP_AFTER_MS } from "../channel/session.ts";
import { MAX_SYNC_MESSAGE_BYTES } from "../sync/limits.ts";
import { connectorWorld, type ConnectorWorld } from "../testing/connector-ends.ts";
import { equal } from "../testing/expect.ts";
import type { MemoryRelay } from "../testing/memory-relay.ts";
import { settled } from "../testing/sim/timeline.ts";

/** What a link lets come in before its owner has dealt with any of it. */
const WINDOW_BYTES = 131_072;

const numbered = (number: number, length: number): Uint8Array =>
  new Uint8Array(length).map((_, index) => (number * 31 + index) & 0xff);

/** Counts what passes over the relay. */
const counting = ({ relays: [relay] }: ConnectorWorld) => {
  const counts = { initiator: 0, responder: 0, bytes: 0 };
  (relay as MemoryRelay).onData = (bytes, from, on) => {
    counts[from as "initiator"] += 1;
    counts.bytes += bytes.length;
    on(bytes);
  };
  return counts;
};

/** Sends everything as an owner does, waiting for room. */
const sendAll = async (
  { initiator }: ConnectorWorld,
  messages: readonly Uint8Array[],
): Promise<void> => {
  const { owner } = initiator;
  for (const message of messages) {
    const before = owner.writables;
    if (owner.channel.send(message)) continue;
    for (let turn = 0; owner.writables === before; turn += 1) {
      if (turn > 1000) throw new Error("no room ever again");
      await settled();
    }
  }
  await settled();
};

describe("messages over a session", () => {
  it("arrive whole and in order, of any length up to the largest", async () => {
    const world = await connectorWorld();
    const lengths = [0, 1, 65_395, 65_396, 200_000, 0, MAX_SYNC_MESSAGE_BYTES, 5];
    const messages = lengths.map((length, index) => numbered(index, length));
    await sendAll(world, messages);
    equal(world.responder.owner.messages, messages);
    await world.close();
  });

  it("take a record each when they are small, and nothing else while nobody has more to say", async () => {
    const world = await connectorWorld();
    const counts = counting(world);
    for (let number = 0; number < 5; number += 1) {
      world.initiator.owner.channel.send(numbered(number, 150));
      world.responder.owner.channel.send(numbered(number, 40));
    }
    await settled();
    equal(counts, { initiator: 5, responder: 5, bytes: 10 * 329 });
    await world.pass(600_000);
    // One empty record at most on each side, which answers the other's new key.
    expect(counts.initiator + counts.responder).toBeLessThanOrEqual(12);
    await world.close();
  });

  it("make a silent receiver answer, so that the writer's keys change", async () => {
    const world = await connectorWorld();
    await world.pass(STEP_AFTER_MS);
    const counts = counting(world);
    for (let second = 0; second < 60; second += 1) {
      world.initiator.owner.channel.send(numbered(second, 10));
      await world.pass(STEP_AFTER_MS, 500);
    }
    equal(counts.initiator, 60);
    expect(counts.responder).toBeGreaterThan(20);
    expect(counts.responder).toBeLessThanOrEqual(60);
    equal(world.responder.owner.messages.length, 60);
    equal(world.initiator.owner.messages, []);
    await world.close();
  });

  it("wait while the other owner is slow, and no more than the credit is under way", async () => {
    const world = await connectorWorld();
    const counts = counting(world);
    const goOn: (() => void)[] = [];
    const { owner } = world.responder;
    owner.pace = () => new Promise((resolve) => goOn.push(resolve));
    const messages = Array.from({ length: 40 }, (_, index) => numbered(index, 30_000));
    let isDone = false;
    const sending = sendAll(world, messages).then(() => (isDone = true));
    for (let turn = 0; turn < 50; turn += 1) await settled();
    equal([owner.messages.length, isDone], [1, false]);
    expect(counts.bytes).toBeLessThanOrEqual(WINDOW_BYTES);
    for (let taken = 1; taken <= messages.length; taken += 1) {
      goOn.shift()?.();
      await settled();
      await settled();
      const handedOver = owner.messages.reduce((sum, { length }) => sum + length, 0);
      expect(counts.bytes).toBeLessThanOrEqual(handedOver * 1.15 + 2 * WINDOW_BYTES);
    }
    await sending;
    equal(owner.messages, messages);
    await world.close();
  });

  it("go on both ways while one direction is full", async () => {
    const world = await connectorWorld();
    world.responder.owner.pace = () => new Promise(() => {});
    const { channel } = world.initiator.owner;
    while (channel.send(numbered(1, 60_000)));
    await settled();
    world.responder.owner.channel.send(numbered(2, 300_000));
    await settled();
    equal(world.initiator.owner.messages, [numbered(2, 300_000)]);
    await world.close();
  });

  it("end the session when their owner refuses them, now or later, and another follows", async () => {
    const world = await connectorWorld();
    const refusals: (() => Promise<void>)[] = [
      () => {
        throw new Error("now");
      },
      () => Promise.reject(new Error("later")),
    ];
    for (const [round, pace] of refusals.entries()) {
      const { owner } = world.responder;
      owner.pace = pace;
      world.initiator.owner.channel.send(numbered(round, 10));
      await settled();
      equal(owner.isClosed, true);
      await world.pass(12_000);
      for (const { owners } of world.ends) equal(owners.length, round + 2);
    }
    await world.close();
  });

  it("end the session when an owner closes it, sends too much at once or too long a message", async () => {
    const world = await connectorWorld();
    const misuses = [
      () => world.initiator.owner.channel.close(),
      () => {
        world.responder.owner.pace = () => new Promise(() => {});
        while (world.initiator.owner.channel.send(numbered(0, 60_000)));
        world.initiator.owner.channel.send(numbered(1, 10));
      },
      () => world.initiator.owner.channel.send(new Uint8Array(MAX_SYNC_MESSAGE_BYTES + 1)),
    ];
    for (const [round, misuse] of misuses.entries()) {
      const { owner } = world.initiator;
      misuse();
      equal(owner.isClosed, true);
      equal(owner.channel.send(numbered(1, 1)), false);
      await world.pass(12_000);
      for (const { owners } of world.ends) {
        equal([owners.length, owners.at(-2)?.isClosed], [round + 2, true]);
      }
    }
    await world.close();
  });
});

describe("renewal", () => {
  it("comes between two messages, not in one", async () => {
    const world = await connectorWorld();
    const first = world.responder.owner;
    await world.pass(RENEW_AFTER_MS - 4000);
    let goOn: () => void = () => {};
    first.pace = () => new Promise((resolve) => (goOn = resolve));
    world.initiator.owner.channel.send(numbered(0, 10));
    const large = numbered(1, 400_000);
    equal(world.initiator.owner.channel.send(large), false);
    await world.pass(8000);
    equal(world.initiator.owners.length, 1);
    first.pace = undefined;
    goOn();
    await settled();
    equal(first.messages, [numbered(0, 10), large]);
    for (const { owners } of world.ends) {
      equal(
        owners.map(({ isClosed }) => isClosed),
        [true, false],
      );
    }
    await world.close();
  });

  it("does not begin a message that it would cut, and waits for one that is coming in", async () => {
    const world = await connectorWorld();
    const { owner } = world.initiator;
    await world.pass(RENEW_AFTER_MS - 4000);
    let goOn: () => void = () => {};
    owner.pace = () => new Promise((resolve) => (goOn = resolve));
    world.responder.owner.channel.send(numbered(0, 10));
    const large = numbered(1, 400_000);
    world.responder.owner.channel.send(large);
    await world.pass(4500);
    const counts = counting(world);
    equal(owner.channel.send(numbered(2, 10)), false);
    await settled();
    equal([counts.initiator, owner.isClosed], [0, false]);
    owner.pace = undefined;
    goOn();
    await settled();
    equal(owner.messages, [numbered(0, 10), large]);
    equal([owner.isClosed, owner.writables, world.isConnected], [true, 0, true]);
    await world.close();
  });

  it("does not wait for a message that never ends", async () => {
    const world = await connectorWorld();
    await world.pass(RENEW_AFTER_MS - 4000);
    const { owner } = world.responder;
    owner.pace = () => new Promise(() => {});
    world.initiator.owner.channel.send(numbered(0, 10));
    world.initiator.owner.channel.send(numbered(1, 400_000));
    await world.pass(16_000);
    equal([world.initiator.owners.length, owner.isClosed], [2, true]);
    await world.close();
  });
});
