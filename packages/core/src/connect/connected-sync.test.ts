import { describe, expect, it } from "vitest";
import { RENEW_AFTER_MS } from "../channel/session.ts";
import { PeerSync } from "../sync/peer-sync.ts";
import { connectorWorld, type ConnectorWorld } from "../testing/connector-ends.ts";
import { equal } from "../testing/expect.ts";
import type { MemoryRelay } from "../testing/memory-relay.ts";
import { settled } from "../testing/sim/timeline.ts";
import { MAPS } from "../testing/storage-samples.ts";
import { contents, syncDevice, type SyncDevice } from "../testing/sync-ends.ts";

interface SyncWorld {
  readonly world: ConnectorWorld;
  readonly devices: readonly [SyncDevice, SyncDevice];
  readonly errors: string[];
  readonly sessions: () => number;
}

/** Two devices with replicas whose sessions run over connectors. */
const syncWorld = async (relays = 1): Promise<SyncWorld> => {
  const devices = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
  const errors: string[] = [];
  let sessions = 0;
  const world = await connectorWorld({
    relays,
    ids: [devices[0].id, devices[1].id],
    opened: (channel, id, role) => {
      const own = devices.find((device) => device.id === id) as SyncDevice;
      const other = devices.find((device) => device !== own) as SyncDevice;
      sessions += 1;
      return new PeerSync(channel, {
        clock: own.clock,
        hello: { features: 0, info: new Uint8Array() },
        log: own.log,
        peerDevice: other.id,
        speaksSecond: role === "responder",
        namespaces: async () => [MAPS],
        shares: () => true,
        open: (namespace) => own.open(namespace),
        ended: (error) => {
          if (error !== undefined) errors.push(error.code);
        },
      });
    },
  });
  return { world, devices, errors, sessions: () => sessions };
};

const fill = async ({ replica }: SyncDevice, prefix: string, count: number, bytes = 100) => {
  const value = new Uint8Array(bytes).fill(0x18);
  for (let start = 0; start < count; start += 100) {
    const part = Array.from({ length: Math.min(100, count - start) }, (_, index) => ({
      key: `${prefix}/${start + index}`,
      value,
    }));
    await replica.write(part);
  }
};

const requireEqual = async ({ devices, errors }: SyncWorld): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await settled();
  const states = await Promise.all(devices.map(({ replica }) => replica.state()));
  equal(states[0]?.digest, states[1]?.digest, "digest");
  equal(await contents(devices[0]), await contents(devices[1]), "contents");
  equal(errors, []);
};

describe("two replicas over a connector", () => {
  it("come to hold the same, and stay so", async () => {
    const all = await syncWorld();
    await fill(all.devices[0], "a", 3000);
    await fill(all.devices[1], "b", 2000);
    await requireEqual(all);
    await all.devices[0].replica.write([{ key: "live", value: Uint8Array.of(1) }]);
    await requireEqual(all);
    equal(all.sessions(), 2);
    await all.world.close();
  });

  it("go on over another relay when one dies in the middle of a first synchronisation", async () => {
    const all = await syncWorld(2);
    let passed = 0;
    for (const relay of all.world.relays) {
      relay.onData = (bytes, _from, on) => {
        passed += 1;
        on(bytes);
        if (passed % 15 !== 0) return;
        relay.isReachable = !relay.isReachable;
        relay.cut();
      };
    }
    await fill(all.devices[0], "a", 200, 20_000);
    await all.world.pass(200_000);
    for (const relay of all.world.relays) {
      relay.isReachable = true;
      relay.onData = (bytes, _from, on) => on(bytes);
    }
    await all.world.pass(120_000);
    expect(all.sessions()).toBeGreaterThan(4);
    await requireEqual(all);
    await all.world.close();
  }, 60_000);

  it("go on over another relay when one takes everything and passes nothing on", async () => {
    for (const writer of [0, 1] as const) {
      const all = await syncWorld(2);
      let swallowing: MemoryRelay | undefined;
      for (const relay of all.world.relays) {
        relay.onData = (bytes, _from, on) => {
          swallowing ??= relay;
          if (relay !== swallowing) on(bytes);
        };
      }
      await fill(all.devices[writer], "late", 1);
      await all.world.pass(5 * 60_000);
      await requireEqual(all);
      await all.world.close();
    }
  });

  it("lose nothing when the session is renewed while both write", async () => {
    const all = await syncWorld();
    await all.world.pass(RENEW_AFTER_MS - 60_000, 9000);
    for (let second = 0; second < 120; second += 5) {
      const written = all.devices.map(({ replica, name }) =>
        replica.write([
          { key: `${name}/${second}`, value: new Uint8Array(1000).fill(0x18) },
          { key: "both", value: Uint8Array.of(second % 24) },
        ]),
      );
      await all.world.pass(5000);
      await Promise.all(written);
    }
    equal(all.sessions(), 4);
    await requireEqual(all);
    await all.world.close();
  }, 60_000);
});
