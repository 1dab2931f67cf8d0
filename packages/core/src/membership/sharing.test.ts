import { describe, expect, it } from "vitest";
import { encodeValue } from "../data/value.ts";
import type { DeviceId, NamespaceId } from "../data/ids.ts";
import { memoryStorage } from "../memory-storage.ts";
import { Replica } from "../replica/replica.ts";
import { rejectsCode } from "../testing/expect.ts";
import { testHost } from "../testing/test-host.ts";
import { SharingPreferences, SYSTEM_NAMESPACE } from "./sharing.ts";

const MAPS = "https://maps.example.org" as NamespaceId;
const NOTES = "app:org.example.notes" as NamespaceId;
const LAPTOP = "aa".repeat(32) as DeviceId;
const DESKTOP = "bb".repeat(32) as DeviceId;

const setUp = async () => {
  const storage = memoryStorage();
  const replica = await Replica.open(testHost({ seed: 1 }), storage, SYSTEM_NAMESPACE);
  return { replica, preferences: await SharingPreferences.open(replica) };
};

describe("what is shared", () => {
  it("is everything until the owner says otherwise", async () => {
    const { preferences } = await setUp();
    expect(preferences.of(MAPS, LAPTOP)).toBe("on");
    expect(preferences.areSharing(MAPS, [LAPTOP, DESKTOP])).toBe(true);
  });

  it("is what was said of the device, then of the namespace, then of all", async () => {
    const { replica, preferences } = await setUp();
    await replica.write([{ key: "sharing/default", value: encodeValue("off") }]);
    expect(preferences.of(NOTES, LAPTOP)).toBe("off");
    await preferences.set(MAPS, undefined, "paused");
    expect(preferences.of(MAPS, LAPTOP)).toBe("paused");
    await preferences.set(MAPS, LAPTOP, "on");
    expect(preferences.of(MAPS, LAPTOP)).toBe("on");
    expect(preferences.areSharing(MAPS, [LAPTOP, DESKTOP])).toBe(false);
    await preferences.set(MAPS, undefined, "on");
    expect(preferences.areSharing(MAPS, [LAPTOP, DESKTOP])).toBe(true);
    await preferences.set(MAPS, LAPTOP, undefined);
    await preferences.set(MAPS, undefined, undefined);
    expect(preferences.of(MAPS, LAPTOP)).toBe("off");
  });

  it("can be set for all that nothing is said of, now and when it is opened anew", async () => {
    const { replica, preferences } = await setUp();
    await preferences.set(MAPS, LAPTOP, "on");
    await preferences.setDefault("paused");
    for (const one of [preferences, await SharingPreferences.open(replica)]) {
      expect([one.default, one.everywhere(MAPS)]).toEqual(["paused", "paused"]);
      expect([one.of(MAPS, LAPTOP), one.of(MAPS, DESKTOP)]).toEqual(["on", "paused"]);
      expect(one.named()).toEqual([MAPS]);
    }
    await preferences.setDefault(undefined);
    expect([preferences.default, preferences.of(NOTES, LAPTOP)]).toEqual(["on", "on"]);
  });

  it("is nothing where a preference cannot be read", async () => {
    const { replica, preferences } = await setUp();
    for (const value of ["maybe", 1, true, null, ["on"]]) {
      await replica.write([{ key: `sharing/all/${MAPS}`, value: encodeValue(value) }]);
      expect(preferences.of(MAPS, LAPTOP)).toBe("off");
    }
    await replica.write([{ key: `sharing/all/${MAPS}`, value: Uint8Array.of(0xff) }]);
    expect(preferences.of(MAPS, LAPTOP)).toBe("off");
  });

  it("is known again when it is opened anew, whatever number of preferences there is", async () => {
    const { replica, preferences } = await setUp();
    const namespaces = Array.from(
      { length: 1500 },
      (_, index) => `https://a${index}.example.org` as NamespaceId,
    );
    await Promise.all(namespaces.map((namespace) => preferences.set(namespace, undefined, "off")));
    const again = await SharingPreferences.open(replica);
    expect(namespaces.filter((namespace) => again.of(namespace, LAPTOP) === "off")).toEqual(
      namespaces,
    );
  });

  it("never leaves out what the stores tell each other, and cannot be set for it", async () => {
    const { replica, preferences } = await setUp();
    await replica.write([{ key: "sharing/default", value: encodeValue("off") }]);
    expect(preferences.of(SYSTEM_NAMESPACE, LAPTOP)).toBe("on");
    await rejectsCode(
      preferences.set(SYSTEM_NAMESPACE, undefined, "off"),
      "MASQ_NAMESPACE_INVALID",
    );
  });

  it("tells of changes, and of nothing else", async () => {
    const { replica, preferences } = await setUp();
    let told = 0;
    const end = preferences.onChanged(() => (told += 1));
    await preferences.set(MAPS, undefined, "off");
    expect(told).toBe(1);
    await preferences.set(MAPS, undefined, "off");
    await replica.write([{ key: "other", value: encodeValue("off") }]);
    expect(told).toBe(1);
    end();
    await preferences.set(MAPS, undefined, "on");
    expect(told).toBe(1);
  });
});
