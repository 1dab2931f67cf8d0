import { describe, expect, it } from "vitest";
import { noblePeerPrimitives as crypto } from "../crypto/noble-peer.ts";
import type { NamespaceId } from "../data/ids.ts";
import { memoryStorage } from "../memory-storage.ts";
import { Replica } from "../replica/replica.ts";
import { equal } from "../testing/expect.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { memoryRelay } from "../testing/memory-relay.ts";
import { settled } from "../testing/sim/timeline.ts";
import { testHost } from "../testing/test-host.ts";
import { loadDeviceKeys } from "./device-keys.ts";
import { Membership } from "./membership.ts";
import { OwnInvitations } from "./own-invitations.ts";

const NAMESPACE = "app:org.example.maps" as NamespaceId;
const yes = async (): Promise<boolean> => true;

const setUp = () => {
  const clock = manualClock();
  const relay = memoryRelay(clock);
  let opened = 0;
  const member = async (name: string, seed: number, ownInvitations?: OwnInvitations) => {
    const host = testHost({ seed, clock });
    const storage = memoryStorage();
    const openSocket = relay.openSocket(name);
    return Membership.open({
      host,
      crypto,
      openSocket: (...args) => {
        opened += 1;
        return openSocket(...args);
      },
      storage,
      namespace: NAMESPACE,
      keys: await loadDeviceKeys(crypto, host.random, storage, NAMESPACE),
      role: "app",
      scope: NAMESPACE,
      name,
      syncServices: ["ws://127.0.0.1:1"],
      namespaces: async () => [NAMESPACE],
      shares: () => true,
      replica: (namespace) => Replica.open(host, storage, namespace),
      ...(ownInvitations && { ownInvitations }),
    });
  };
  return { clock, relay, member, opened: () => opened };
};

const OWN = expect.objectContaining({
  code: "MASQ_INVITATION_OWN",
  message: expect.stringContaining("made on this very device") as string,
}) as unknown;

const thrownBy = (task: () => unknown): unknown => {
  try {
    return void task();
  } catch (error) {
    return error;
  }
};

describe("an invitation opened where it was made", () => {
  it("is refused before anything is sent, in every circle of the device, and stays good", async () => {
    const { relay, member, opened } = setUp();
    const ownInvitations = new OwnInvitations(crypto);
    const laptop = await member("Laptop", 1, ownInvitations);
    const sameLaptop = await member("Laptop in another circle", 2, ownInvitations);
    const phone = await member("Phone", 3);
    const { text, done } = laptop.invite(yes);
    await settled();
    const before = opened();
    for (const own of [laptop, sameLaptop]) {
      expect(thrownBy(() => own.join(text, yes))).toEqual(OWN);
      await settled();
    }
    equal([opened(), relay.held], [before, 1]);
    const joining = phone.join(text, yes);
    await settled();
    for (let turn = 0; turn < 50; turn += 1) await settled();
    equal([(await joining.done).name, (await done).name], ["Laptop", "Phone"]);
    for (const membership of [laptop, sameLaptop, phone]) membership.close();
  });

  it("is one that nobody answers to any more when it is over", async () => {
    const { clock, member } = setUp();
    const laptop = await member("Laptop", 1);
    const { text, cancel } = laptop.invite(yes);
    cancel();
    await settled();
    const joining = laptop.join(text, yes);
    await settled();
    clock.advance(20_000);
    await expect(joining.done).rejects.toMatchObject({ code: "MASQ_INVITATION_EXPIRED" });
    laptop.close();
  });
});
