import { describe, expect, it } from "vitest";
import type { ReplicaId } from "../data/ids.ts";
import { throwsCode } from "../testing/expect.ts";
import { announcementOf, sha256Device } from "../testing/sim/sim-announcements.ts";
import { MAPS } from "../testing/storage-samples.ts";
import { syncDevice } from "../testing/sync-ends.ts";
import { MAX_OWN_REPLICAS, MAX_REPLICAS, MAX_VOUCHED_REPLICAS } from "./limits.ts";
import type { Announcement } from "./messages.ts";
import type { SyncNamespace } from "./sync-namespace.ts";

const [GREEDY, OTHER, PHONE] = ["greedy", "other", "new phone"].map(sha256Device) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

const replica = (number: number): ReplicaId => number.toString(16).padStart(16, "0") as ReplicaId;

const announced = (
  device: Uint8Array,
  first: number,
  count: number,
  isVouched = false,
): Announcement[] =>
  Array.from({ length: count }, (_, index) => ({
    ...announcementOf(replica(first + index), device),
    isVouched,
  }));

const open = async (): Promise<SyncNamespace> => {
  const device = await syncDevice("own", 5);
  for (const other of [GREEDY, OTHER, PHONE]) await device.log.issue(other);
  return device.open(MAPS);
};

/** Each device says it itself. */
const say = (namespace: SyncNamespace, announcements: readonly Announcement[]): void => {
  for (const announcement of announcements) namespace.announce([announcement], announcement.device);
};

describe("announcements of one device", () => {
  it("leave room for those of a device that comes later", async () => {
    const namespace = await open();
    throwsCode(() => say(namespace, announced(GREEDY, 1, MAX_REPLICAS)), "MASQ_MESSAGE_INVALID");
    expect(namespace.announcedCount).toBe(1 + MAX_OWN_REPLICAS);
    throwsCode(
      () => say(namespace, announced(GREEDY, 2000, MAX_REPLICAS, true)),
      "MASQ_MESSAGE_INVALID",
    );
    expect(namespace.announcedCount).toBe(1 + MAX_OWN_REPLICAS + MAX_VOUCHED_REPLICAS);
    say(namespace, announced(PHONE, 4000, 1));
    expect(namespace.isAnnounced(replica(4000))).toBe(true);
  });

  it("count for whoever has said it last, and only once", async () => {
    const namespace = await open();
    say(namespace, announced(OTHER, 1, MAX_VOUCHED_REPLICAS, true));
    // Known already: nothing is counted, nor verified.
    say(namespace, announced(GREEDY, 1, MAX_VOUCHED_REPLICAS, true));
    // Their own device's word takes the place of the one who vouched, who may vouch for others then.
    say(namespace, announced(PHONE, 1, 10));
    say(namespace, announced(OTHER, 3000, 10, true));
    throwsCode(() => say(namespace, announced(OTHER, 4000, 1, true)), "MASQ_MESSAGE_INVALID");
    say(namespace, announced(GREEDY, 4000, 1, true));
    expect(namespace.announcedCount).toBe(1 + MAX_VOUCHED_REPLICAS + 11);
  });

  it("are 1,024 in all", async () => {
    const namespace = await open();
    for (const [device, first] of [
      [GREEDY, 1],
      [OTHER, 1000],
    ] as const) {
      say(namespace, announced(device, first, MAX_VOUCHED_REPLICAS - 1, true));
    }
    say(namespace, announced(PHONE, 5000, 1));
    throwsCode(() => say(namespace, announced(PHONE, 6000, 1)), "MASQ_MESSAGE_INVALID");
    expect(namespace.announcedCount).toBe(MAX_REPLICAS);
  });

  it("count where it says them itself, so that devices it has told of others can still meet", async () => {
    const [one, other] = [await open(), await open()];
    say(one, announced(GREEDY, 1, MAX_OWN_REPLICAS));
    say(other, announced(GREEDY, 1000, MAX_OWN_REPLICAS));
    one.announce(other.announcements, other.device);
    other.announce(one.announcements, one.device);
    expect([one.announcedCount, other.announcedCount]).toEqual([
      2 * MAX_OWN_REPLICAS + 1,
      2 * MAX_OWN_REPLICAS + 1,
    ]);
    throwsCode(() => say(one, announced(GREEDY, 2000, 1)), "MASQ_MESSAGE_INVALID");
  });
});
