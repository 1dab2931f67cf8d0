import { describe, expect, it } from "vitest";
import { noblePeerPrimitives as crypto } from "../crypto/noble-peer.ts";
import type { NamespaceId } from "../data/ids.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { testDevice, type TestDevice } from "../testing/test-device.ts";
import { DeviceLog } from "./device-log.ts";
import type { DeviceRole } from "./operation.ts";

const MAPS = "https://maps.example.org" as NamespaceId;
const random = seededRandom(20_261_124);

const circleOf = (role: DeviceRole, scope?: NamespaceId) => {
  const first = testDevice(random, "First");
  const log = DeviceLog.create(crypto, first.identitySeed, { ...first, role, scope, wall: 1 });
  const add = (
    by: TestDevice,
    { record }: TestDevice,
    as: { readonly role: DeviceRole; readonly scope?: NamespaceId },
    wall: number,
  ) => log.issue(by.identitySeed, by.id, wall, { kind: "add", record, scope: undefined, ...as });
  return { log, first, add };
};

describe("a device that is added several times", () => {
  it("keeps what it was given, by whichever hash another tries to take it", () => {
    const { log, first, add } = circleOf("store");
    const [bad, other] = [testDevice(random, "Bad"), testDevice(random, "Other")];
    for (const device of [bad, other]) add(first, device, { role: "store" }, 1);
    for (const device of [first, other]) {
      for (let wall = 0; wall < 5; wall += 1) {
        add(bad, device, { role: "recovery" }, wall);
        add(bad, device, { role: "app", scope: MAPS }, wall);
        add(bad, device, { role: "store", scope: MAPS }, wall);
      }
    }
    expect(log.members().map(({ role, scope }) => [role, scope])).toEqual(
      log.members().map(() => ["store", undefined]),
    );
    log.issue(other.identitySeed, other.id, 9, { kind: "rename", device: bad.id, name: "Away" });
    expect(log.member(bad.id)?.name).toBe("Away");
    const copy = DeviceLog.begin(crypto, log.operations[0] as (typeof log.operations)[number]);
    for (const operation of log.operations.slice(1)) copy.add(operation);
    expect(copy.members()).toEqual(log.members());
  });

  it("is what it made itself, if it began the circle", () => {
    const { log, first, add } = circleOf("app", MAPS);
    const laptop = testDevice(random, "Laptop");
    add(first, laptop, { role: "store", scope: MAPS }, 2);
    add(laptop, first, { role: "store" }, 3);
    expect(log.member(first.id)).toMatchObject({ role: "app", scope: MAPS });
  });
});
