/** What is bounded by a count takes bounded memory too, however long it goes on: the heap is looked at, not the count. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { SeenVersions } from "../../packages/client/src/seen-versions.ts";
import { EMPTY_DIGEST } from "../../packages/core/src/data/digest.ts";
import type { NamespaceId, ReplicaId } from "../../packages/core/src/data/ids.ts";
import { OwnWrites } from "../../packages/core/src/local/own-writes.ts";
import { MAX_REPLICAS } from "../../packages/core/src/sync/limits.ts";
import {
  encodeMessage,
  type Announcement,
  type Outgoing,
} from "../../packages/core/src/sync/messages.ts";
import { PeerSync } from "../../packages/core/src/sync/peer-sync.ts";
import {
  announcementOf,
  sha256Device,
} from "../../packages/core/src/testing/sim/sim-announcements.ts";
import { settled } from "../../packages/core/src/testing/sim/timeline.ts";
import { syncDevice } from "../../packages/core/src/testing/sync-ends.ts";

/** Held on to, what each of these tests makes would take 40 MB and more. */
const SLACK_BYTES = 8 * 1024 * 1024;

const heapBytes = (): number => {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

describe("nothing is held on to", () => {
  it("of a client's writes that have been answered", () => {
    const writes = new OwnWrites();
    const replica = "00000000000000aa" as ReplicaId;
    const before = heapBytes();
    for (let number = 1; number <= 200_000; number += 1) {
      writes.forgetBelow(number - 100);
      writes.remember(number, ["k"], [{ replica, counter: number }]);
    }
    expect(heapBytes() - before).toBeLessThan(SLACK_BYTES);
    expect(writes.find(200_000, "k")?.counter).toBe(200_000);
  });

  it("of versions that were delivered and are not the newest any more", () => {
    const seen = new SeenVersions();
    const before = heapBytes();
    for (let index = 0; index < 500_000; index += 1)
      seen.delivered(`k${index % 1000}`, `r.${index}`);
    expect(heapBytes() - before).toBeLessThan(SLACK_BYTES);
    expect(seen.get("k999")).toBe("r.499999");
  });

  it("of offers of a member that are not taken up", async () => {
    const device = await syncDevice("own", 5);
    const peer = sha256Device("peer");
    await device.log.issue(peer);
    const announcements = Array.from({ length: MAX_REPLICAS }, (_, index) =>
      announcementOf((index + 1).toString(16).padStart(16, "0") as ReplicaId, peer),
    );
    const errors: unknown[] = [];
    const sync = new PeerSync(
      { send: () => true, close: () => {} },
      {
        clock: device.clock,
        hello: { features: 0, info: new Uint8Array() },
        log: device.log,
        peerDevice: peer,
        namespaces: async () => [],
        shares: () => false,
        open: (namespace) => device.open(namespace),
        ended: (error) => errors.push(error),
      },
    );
    const say = async (message: Outgoing): Promise<void> => {
      sync.message(encodeMessage(message));
      await settled();
    };
    const { headsHash } = device.log;
    await say({
      type: "hello",
      versions: [1, 1],
      features: 0,
      info: new Uint8Array(),
      logHeads: headsHash,
    });
    const before = heapBytes();
    for (let number = 0; number < 100; number += 1) {
      await say({
        type: "offer",
        number,
        namespace: `app:org.example.n${number}` as NamespaceId,
        replica: (announcements[0] as Announcement).replica,
        announcements,
        snapshot: { vector: new Map(), digest: EMPTY_DIGEST, isClean: true },
      });
    }
    expect(heapBytes() - before).toBeLessThan(SLACK_BYTES);
    expect(errors).toEqual([]);
    sync.closed();
  });
});
