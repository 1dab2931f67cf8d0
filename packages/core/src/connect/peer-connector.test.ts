import { describe, expect, it } from "vitest";
import { secondsToNextEpoch } from "../channel/rendezvous.ts";
import { noblePeerPrimitives as crypto } from "../crypto/noble-peer.ts";
import {
  connectorWorld,
  type ConnectorEnd,
  type ConnectorWorld,
  type ConnectorWorldOptions,
} from "../testing/connector-ends.ts";
import { equal } from "../testing/expect.ts";
import { settled } from "../testing/sim/timeline.ts";

const YEAR_MS = 365 * 86_400_000;
const HOUR_MS = 3_600_000;

/** A message passes each way. */
const requireSession = async (
  ends: readonly [ConnectorEnd, ConnectorEnd],
  number: number,
): Promise<void> => {
  const message = Uint8Array.of(number);
  for (const [from, to] of [ends, [ends[1], ends[0]]] as const) {
    from.owner.channel.send(message);
    await settled();
    equal(to.owner.messages.at(-1), message, `${number}: from the ${from.name}`);
  }
};

/** A world whose relay is this many seconds before the beginning of another epoch of the pair. */
const worldBefore = async (
  seconds: number,
  options: ConnectorWorldOptions = {},
): Promise<ConnectorWorld> => {
  const start = 1_795_392_000;
  const probe = await connectorWorld(options);
  await probe.close();
  const left = secondsToNextEpoch(crypto, probe.root, start);
  return connectorWorld({ ...options, unixSeconds: Math.floor(start + left - seconds) });
};

describe("PeerConnector", () => {
  it("connects two devices, whatever their own clocks say, and tells the log's heads", async () => {
    const world = await connectorWorld({ skewMs: [-3 * YEAR_MS, 20 * YEAR_MS] });
    for (const { statuses, owners } of world.ends) {
      equal(statuses, ["connecting", "connected"]);
      equal(owners.length, 1);
    }
    equal(world.initiator.connector.remoteLogHeads, new Uint8Array(32).fill(2));
    equal(world.responder.connector.remoteLogHeads, undefined);
    await requireSession(world.ends, 1);
    await world.close();
  });

  it("leaves nothing behind when it is closed", async () => {
    const world = await connectorWorld({ relays: 2 });
    equal(world.relays[0]?.held, 3);
    for (const end of world.ends) {
      end.connector.close();
      end.connector.close();
      end.connector.restart();
      equal([end.connector.status, end.owner.isClosed], ["apart", true]);
      equal(end.owner.channel.send(Uint8Array.of(1)), false);
    }
    await settled();
    equal(
      world.relays.map(({ held }) => held),
      [0, 0],
    );
    await world.close();
    for (const { clock, owners } of world.ends) equal([clock.pending, owners.length], [0, 1]);
  });

  it("does not connect a device to itself", async () => {
    const id = new Uint8Array(32);
    await expect(connectorWorld({ ids: [id, id] })).rejects.toThrow(/to itself/);
  });

  it.each(["initiator", "responder"] as const)(
    "is back after the %s's connection was cut, without a handshake more than it takes",
    async (name) => {
      const world = await connectorWorld();
      for (let round = 1; round <= 3; round += 1) {
        world.relays[0]?.cut(name);
        await settled();
        for (const { owners } of world.ends) equal(owners.at(-1)?.isClosed, true);
        await world.pass(2000);
        for (const { owners, work } of world.ends)
          equal([owners.length, work.kem], [round + 1, round + 1]);
        await requireSession(world.ends, round);
        await world.pass(30_000);
      }
      await world.close();
    },
  );

  it("is back after the relay was away", async () => {
    const world = await connectorWorld();
    const [relay] = world.relays as [(typeof world.relays)[0]];
    relay.isReachable = false;
    relay.cut();
    await world.pass(600_000);
    for (const { connector, statuses } of world.ends)
      equal([connector.status, statuses.at(-1)], ["apart", "apart"]);
    relay.isReachable = true;
    await world.pass(64_000);
    await requireSession(world.ends, 1);
    await world.close();
  });

  it.each(["initiator", "responder"] as const)(
    "gives its place to a newer run of the same device and does not take it back: %s",
    async (name) => {
      const world = await connectorWorld();
      const old = world[name];
      const other = world[name === "initiator" ? "responder" : "initiator"];
      const newer = old.again();
      await settled();
      equal(old.owner.isClosed, true);
      await world.pass(HOUR_MS / 4);
      equal([old.owners.length, newer.connector.status], [1, "connected"]);
      await requireSession([newer, other], 5);
      equal(other.owners.length, 2);
      newer.connector.close();
      for (const link of newer.links) link.close();
      await world.close();
    },
  );

  it("has one session however many relays there are, and goes on over another in the middle of a message", async () => {
    const world = await connectorWorld({ relays: 3 });
    const large = new Uint8Array(1_000_000).map((_, index) => index * 7);
    let passed = 0;
    const used = new Set<number>();
    world.relays.forEach((relay, index) => {
      relay.onData = (bytes, _from, on) => {
        used.add(index);
        passed += 1;
        if (passed === 5) {
          relay.isReachable = false;
          relay.cut();
        } else {
          on(bytes);
        }
      };
    });
    for (const { owners } of world.ends) equal(owners.length, 1);
    world.initiator.owner.channel.send(large);
    // No time passes: another relay is up already.
    await settled();
    equal(used.size, 2);
    for (const { owners } of world.ends) {
      equal(
        owners.map(({ isClosed }) => isClosed),
        [true, false],
      );
    }
    equal(world.responder.owners[0]?.messages, []);
    world.initiator.owner.channel.send(large);
    await settled();
    equal(world.responder.owner.messages, [large]);
    await world.close();
  });

  it("believes the newer session when nobody tells that the older one is over", async () => {
    const world = await connectorWorld({ relays: 2 });
    const used = world.relays.map((relay) => {
      const state = { isUsed: false };
      relay.onData = (bytes, _from, on) => {
        state.isUsed = true;
        on(bytes);
      };
      return state;
    });
    await requireSession(world.ends, 1);
    const relay = world.relays[used.findIndex(({ isUsed }) => isUsed)];
    relay?.freeze("responder");
    relay?.cut("initiator");
    await settled();
    equal(
      world.responder.owners.map(({ isClosed }) => isClosed),
      [true, false],
    );
    await requireSession(world.ends, 2);
    await world.close();
  });

  it("takes relays in and gives them up while it is connected", async () => {
    const world = await connectorWorld({ relays: 2 });
    const remove = (index: number): void => {
      for (const { connector, links } of world.ends)
        connector.removeRelay(links[index] as (typeof links)[0]);
    };
    remove(0);
    await settled();
    await requireSession(world.ends, 1);
    remove(1);
    await settled();
    equal(
      world.ends.map(({ connector }) => connector.status),
      ["apart", "apart"],
    );
    for (const { connector, links } of world.ends)
      connector.addRelay(links[0] as (typeof links)[0], "another name, the same on both");
    await settled();
    await requireSession(world.ends, 2);
    for (const { links } of world.ends) links[0]?.close();
    await settled();
    equal(
      world.ends.map(({ connector }) => connector.status),
      ["apart", "apart"],
    );
    await world.close();
  });

  it.each(["initiator", "responder"] as const)(
    "begins another session at once when the %s asks for it",
    async (name) => {
      const world = await connectorWorld();
      await world.pass(12_000);
      for (let round = 1; round <= 3; round += 1) {
        world[name].connector.restart();
        await settled();
        await requireSession(world.ends, round);
        for (const { owners } of world.ends) equal(owners.length, round + 1);
        await world.pass(12_000);
      }
      await world.close();
    },
  );

  it("goes from epoch to epoch by the relay's clock without being apart, and renews its session", async () => {
    const world = await worldBefore(30, { skewMs: [YEAR_MS, -YEAR_MS] });
    for (let hour = 0; hour < 25; hour += 1) {
      for (let part = 0; part < 400; part += 1) {
        await world.pass(9000, 9000);
        equal(world.isConnected, true);
      }
      equal(world.relays[0]?.held, 3);
    }
    await requireSession(world.ends, 1);
    // Who asks the relay for the time only now listens at the same three rendezvous.
    const newer = world.initiator.again();
    await settled();
    equal([newer.connector.status, world.relays[0]?.held], ["connected", 3]);
    newer.connector.close();
    for (const link of newer.links) link.close();
    // Every half hour, as long as it takes, and not once more.
    expect(world.initiator.owners.length).toBeGreaterThanOrEqual(49);
    expect(world.initiator.owners.length).toBeLessThanOrEqual(51);
    await world.close();
  }, 60_000);

  it("follows a relay whose clock was set after it reconnects", async () => {
    const world = await worldBefore(30);
    const [relay] = world.relays as [(typeof world.relays)[0]];
    for (const days of [5, -3, -400]) {
      relay.unixSeconds += days * 86_400;
      relay.cut("initiator");
      await world.pass(4000);
      // They have two different clocks, and no epoch in common.
      equal(world.isConnected, false);
      relay.cut("responder");
      await world.pass(4000);
      await requireSession(world.ends, 1);
    }
    relay.unixSeconds = 3;
    relay.cut();
    await world.pass(4000);
    equal([relay.held, world.isConnected], [0, false]);
    relay.unixSeconds = 1_800_000_000;
    relay.cut();
    // The link has lost its connection often by now, and takes its time.
    await world.pass(60_000);
    await requireSession(world.ends, 2);
    await world.close();
  });

  it("never meets a device whose key is another than it believes", async () => {
    const world = await connectorWorld({
      wrongKey: crypto.x25519PublicKey(new Uint8Array(32).fill(5)),
    });
    await world.pass(HOUR_MS);
    for (const { statuses, owners, work } of world.ends)
      equal([statuses, owners, work.kem], [[], [], 0]);
    await world.close();
    const impossible = await connectorWorld({ wrongKey: new Uint8Array(32) });
    equal(impossible.initiator.connector.status, "apart");
    await impossible.close();
  });
});
