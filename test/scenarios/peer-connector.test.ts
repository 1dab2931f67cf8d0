/** Two devices with replicas, kept connected over real sync services and real sockets. */
import { softwareKey } from "@masq/core";
import {
  PeerConnector,
  PeerSync,
  type MessageChannel,
  type PeerStatus,
  type SessionOwner,
} from "@masq/core/peer";
import { RelayLink } from "@masq/core/relay";
import {
  collector,
  contents,
  MAPS,
  syncDevice,
  type Collector,
  type SyncDevice,
} from "@masq/core/testing";
import { nodeHost, openWebSocket } from "@masq/node";
import { startSyncService, type SyncService } from "@masq/sync-service";
import { afterEach, describe, expect, it } from "vitest";
import { nodePeerPrimitives } from "../../packages/node/src/node-peer.ts";

const services = new Set<SyncService>();
const cleanUps: (() => void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
  for (const service of services) await service.stop();
  services.clear();
});

const serve = async (port = 0): Promise<SyncService> => {
  const service = await startSyncService({ port, limits: { reconnectJitterMs: 0 } });
  services.add(service);
  return service;
};

interface End {
  readonly device: SyncDevice;
  readonly connector: PeerConnector;
  readonly statuses: Collector<PeerStatus>;
  /** The digest after each commit, newest last. */
  readonly digests: Collector<string>;
  /** Sessions, and errors with which they ended. */
  readonly log: Collector<string>;
}

const PRIVATE_KEYS = [1, 2].map((fill) => new Uint8Array(32).fill(fill));
const keyOf = (side: 0 | 1) => softwareKey(nodePeerPrimitives, PRIVATE_KEYS[side] as Uint8Array);

/** `opened` speaks over the sessions instead of the synchronisation. */
const connect = (
  devices: readonly [SyncDevice, SyncDevice],
  side: 0 | 1,
  ports: readonly number[],
  opened?: (channel: MessageChannel) => SessionOwner,
): End => {
  const other = side === 0 ? 1 : 0;
  const device = devices[side];
  const statuses = collector<PeerStatus>();
  const digests = collector<string>();
  const log = collector<string>();
  const record = (): void => {
    void device.replica
      .state()
      .then(({ digest }) => digests.push(Buffer.from(digest).toString("hex")));
  };
  device.replica.onCommit(record);
  record();
  const connector = new PeerConnector({
    host: nodeHost,
    crypto: nodePeerPrimitives,
    own: { id: device.id, key: keyOf(side) },
    remote: { id: devices[other].id, key: keyOf(other).publicKey },
    logHeads: () => new Uint8Array(32),
    opened:
      opened ??
      ((channel, role) => {
        log.push("session");
        return new PeerSync(channel, {
          clock: nodeHost.clock,
          hello: { features: 0, info: new Uint8Array() },
          log: device.log,
          peerDevice: devices[other].id,
          speaksSecond: role === "responder",
          namespaces: async () => [MAPS],
          shares: () => true,
          open: (namespace) => device.open(namespace),
          ended: (error) => {
            if (error !== undefined) log.push(error.code);
          },
        });
      }),
    onStatus: (status) => statuses.push(status),
  });
  const links = ports.map(
    (port) =>
      new RelayLink({
        host: nodeHost,
        openSocket: openWebSocket,
        url: `ws://127.0.0.1:${port}/v1/7c3`,
      }),
  );
  links.forEach((link, index) => connector.addRelay(link, `relay ${index}`));
  cleanUps.push(() => {
    connector.close();
    for (const link of links) link.close();
  });
  return { device, connector, statuses, digests, log };
};

const twoDevices = async (): Promise<[SyncDevice, SyncDevice]> => [
  await syncDevice("a", 1),
  await syncDevice("b", 2),
];

const fill = async ({ replica }: SyncDevice, prefix: string, count: number, bytes: number) => {
  const value = new Uint8Array(bytes).fill(0x18);
  for (let start = 0; start < count; start += 100) {
    await replica.write(
      Array.from({ length: Math.min(100, count - start) }, (_, index) => ({
        key: `${prefix}/${start + index}`,
        value,
      })),
    );
  }
};

/** Both hold what `writer` holds now. */
const agree = async (ends: readonly [End, End], writer: SyncDevice): Promise<void> => {
  const { digest } = await writer.replica.state();
  const wanted = Buffer.from(digest).toString("hex");
  for (const { digests } of ends) await digests.until((all) => all.at(-1) === wanted, "agreement");
  expect(await contents(ends[0].device)).toEqual(await contents(ends[1].device));
};

const connected = (end: End, times: number): Promise<unknown> =>
  end.statuses.until(
    (all) => all.filter((status) => status === "connected").length >= times,
    `connected ${times} times`,
  );

describe("two devices kept connected by a sync service", () => {
  it("come to hold the same and pass on what is written", async () => {
    const { port } = await serve();
    const devices = await twoDevices();
    await fill(devices[0], "a", 3000, 100);
    await fill(devices[0], "large", 3, 1_000_000);
    const ends = [connect(devices, 0, [port]), connect(devices, 1, [port])] as const;
    await agree(ends, devices[0]);
    for (const { device } of ends) {
      await device.replica.write([{ key: "live", value: Uint8Array.of(device.name.length) }]);
      await agree(ends, device);
    }
    for (const { log, statuses } of ends) {
      expect(log.items).toEqual(["session"]);
      expect(statuses.items).toEqual(["connecting", "connected"]);
    }
  });

  it("go on after the service was stopped in the middle of a stream and started anew", async () => {
    const first = await serve();
    const { port } = first;
    const devices = await twoDevices();
    await fill(devices[0], "a", 400, 20_000);
    const ends = [connect(devices, 0, [port]), connect(devices, 1, [port])] as const;
    await ends[1].digests.until((all) => all.length > 5, "the beginning of the stream");
    await first.stop();
    await ends[1].statuses.until((all) => all.at(-1) === "apart", "apart");
    await serve(port);
    await agree(ends, devices[0]);
    for (const { log } of ends) expect(log.items).toEqual(["session", "session"]);
  });

  it("go on over another service when the one they use stops in the middle of a stream", async () => {
    const both = [await serve(), await serve()] as const;
    const ports = both.map(({ port }) => port);
    const devices = await twoDevices();
    await fill(devices[0], "a", 400, 20_000);
    const ends = [connect(devices, 0, ports), connect(devices, 1, ports)] as const;
    await ends[1].digests.until((all) => all.length > 5, "the beginning of the stream");
    const used = both.find(({ counts }) => counts.forwarded > 5) as SyncService;
    await used.stop();
    await agree(ends, devices[0]);
    for (const { log } of ends) expect(log.items).toEqual(["session", "session"]);
  });

  it("meet again when one of them begins anew while its old self is still there", async () => {
    const { port } = await serve();
    const devices = await twoDevices();
    const ends = [connect(devices, 0, [port]), connect(devices, 1, [port])] as const;
    await Promise.all([connected(ends[0], 1), connected(ends[1], 1)]);
    const newer = connect(devices, 1, [port]);
    await Promise.all([connected(ends[0], 2), connected(newer, 1)]);
    await devices[0].replica.write([{ key: "after", value: Uint8Array.of(1) }]);
    await agree([ends[0], newer], devices[0]);
    expect(ends[1].connector.status).not.toBe("connected");
  });

  it("hold a sender back whose receiver is slow, and lose nothing", async () => {
    const service = await serve();
    const devices = await twoDevices();
    const MESSAGES = 200;
    const SIZE = 60_000;
    const taken = collector<Uint8Array>();
    const done: (() => void)[] = [];
    let isSlow = true;
    connect(devices, 0, [service.port], (channel) => {
      let number = 0;
      const send = (): void => {
        while (number < MESSAGES && channel.send(new Uint8Array(SIZE).fill(number++)));
      };
      queueMicrotask(send);
      return { awaitsAnswer: false, message: () => {}, writable: send, closed: () => {} };
    });
    connect(devices, 1, [service.port], () => ({
      awaitsAnswer: false,
      message: (bytes) => {
        taken.push(bytes);
        if (isSlow) return new Promise((resolve) => done.push(resolve));
      },
      writable: () => {},
      closed: () => {},
    }));
    // Of one that is not done with the first message no more than the credit comes.
    await taken.until((all) => all.length === 1, "the first message");
    for (let turn = 1; turn <= 20; turn += 1) {
      done.shift()?.();
      await taken.until((all) => all.length === turn + 1, `message ${turn + 1}`);
      expect(service.counts.forwarded).toBeLessThan(turn * 2 + 12);
    }
    isSlow = false;
    done.shift()?.();
    await taken.until((all) => all.length === MESSAGES, "all messages");
    expect(taken.items.map(([first]) => first)).toEqual(
      Array.from({ length: MESSAGES }, (_, index) => index),
    );
  });
});
