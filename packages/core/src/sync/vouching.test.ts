/** One namespace in two circles: each device vouches in one for what it knows from the other. */
import { describe, expect, it } from "vitest";
import { memoryStorage } from "../memory-storage.ts";
import { Replica } from "../replica/replica.ts";
import type { ReplicaId } from "../data/ids.ts";
import { announcementOf, isAnnouncement, sha256Device } from "../testing/sim/sim-announcements.ts";
import { throwsCode } from "../testing/expect.ts";
import { MAPS } from "../testing/storage-samples.ts";
import { testHost } from "../testing/test-host.ts";
import { holders } from "./holding.ts";
import { MAX_VOUCHED_REPLICAS } from "./limits.ts";
import type { Announcement } from "./messages.ts";
import { NamespacePeers } from "./namespace-peers.ts";
import { SyncNamespace } from "./sync-namespace.ts";

const PHONE = "aaaaaaaaaaaaaaaa" as ReplicaId;
const DESKTOP = "bbbbbbbbbbbbbbbb" as ReplicaId;
/** Who passes it all on. */
const PEER = sha256Device("peer");
const anyone = (): boolean => true;

const vouched = (replica: ReplicaId, device: Uint8Array): Announcement => ({
  ...announcementOf(replica, device),
  isVouched: true,
});

const setUp = async (storage = memoryStorage()) => {
  const replica = await Replica.open(testHost({ seed: 1 }), storage, MAPS);
  const peers = await NamespacePeers.open(replica);
  const open = (name: string, notePrefix: string) => {
    const device = sha256Device(name);
    return SyncNamespace.open(replica, {
      device,
      own: (id) => announcementOf(id, device),
      verify: isAnnouncement,
      peers,
      notePrefix,
      vouch: (known) => vouched(known, device),
    });
  };
  const [stores, apps] = [await open("as a store", "replica/"), await open("in the app", "app/")];
  apps.join(stores);
  return { storage, replica, peers, stores, apps };
};

const show = (namespace: SyncNamespace): [ReplicaId, boolean][] =>
  namespace.announcements.map(({ replica, isVouched }) => [replica, isVouched]);

describe("a namespace in two circles", () => {
  it("is told of in each by whoever is in it, and vouched for by who is in both", async () => {
    const { replica, stores, apps } = await setUp();
    stores.announce([announcementOf(DESKTOP, sha256Device("desktop"))], PEER);
    apps.announce([announcementOf(PHONE, sha256Device("phone"))], PEER);
    expect(show(stores)).toEqual([
      [replica.id, false],
      [DESKTOP, false],
      [PHONE, true],
    ]);
    expect(show(apps)).toEqual([
      [replica.id, false],
      [DESKTOP, true],
      [PHONE, false],
    ]);
  });

  it("believes a device's own word before another's for it, whichever comes first", async () => {
    const { stores, apps } = await setUp();
    stores.announce([vouched(PHONE, sha256Device("another store"))], PEER);
    expect(apps.announcements.find((one) => one.replica === PHONE)?.isVouched).toBe(true);
    apps.announce([announcementOf(PHONE, sha256Device("phone"))], PEER);
    expect(apps.announcements.find((one) => one.replica === PHONE)?.isVouched).toBe(false);
    apps.announce([vouched(PHONE, sha256Device("another store"))], PEER);
    expect(apps.announcements.find((one) => one.replica === PHONE)?.isVouched).toBe(false);
    const forged = { ...announcementOf(DESKTOP, sha256Device("x")), signature: new Uint8Array(64) };
    throwsCode(() => apps.announce([forged], PEER), "MASQ_MESSAGE_INVALID");
    expect(stores.isAnnounced(DESKTOP)).toBe(false);
  });

  it("is not vouched for beyond what others take", async () => {
    const { stores, apps } = await setUp();
    for (let phone = 0; phone < MAX_VOUCHED_REPLICAS + 10; phone += 1) {
      const replica = phone.toString(16).padStart(16, "0") as ReplicaId;
      apps.announce([announcementOf(replica, sha256Device(`phone ${phone % 20}`))], PEER);
    }
    expect(apps.announcedCount).toBe(1 + MAX_VOUCHED_REPLICAS + 10);
    expect(stores.announcedCount).toBe(1 + MAX_VOUCHED_REPLICAS);
  });

  it("counts each device once that holds a write, and none by another's word", async () => {
    const { replica, peers, stores, apps } = await setUp();
    await replica.write([{ key: "k", value: Uint8Array.of(1) }]);
    const sharers = [stores, apps].map((namespace) => ({ namespace, isMember: anyone }));
    stores.announce([announcementOf(DESKTOP, sha256Device("desktop"))], PEER);
    apps.announce([announcementOf(DESKTOP, sha256Device("desktop in the app"))], PEER);
    stores.announce([vouched(PHONE, sha256Device("desktop"))], PEER);
    const both = new Map([[replica.id, 1]]);
    peers.acknowledge([[PHONE, both]]);
    expect(holders(sharers, both)).toBe(0);
    peers.acknowledge([[DESKTOP, both]]);
    expect(holders(sharers, both)).toBe(1);
    apps.announce([announcementOf(PHONE, sha256Device("phone"))], PEER);
    expect(holders(sharers, both)).toBe(2);
  });

  it("is known again after a restart, in each circle as it was", async () => {
    const { storage, stores, apps } = await setUp();
    stores.announce([announcementOf(DESKTOP, sha256Device("desktop"))], PEER);
    apps.announce([announcementOf(PHONE, sha256Device("phone"))], PEER);
    await stores.save();
    await apps.save();
    const again = await setUp(storage);
    const known = (namespace: SyncNamespace) => new Map(show(namespace));
    expect(known(again.stores)).toEqual(known(stores));
    expect(known(again.apps)).toEqual(known(apps));
  });
});
