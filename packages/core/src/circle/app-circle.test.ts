/** Logs of circles of apps, and logs put together from operations in any order. */
import { describe, expect, it } from "vitest";
import { noblePeerPrimitives as crypto } from "../crypto/noble-peer.ts";
import type { NamespaceId } from "../data/ids.ts";
import { throwsCode } from "../testing/expect.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { testDevice, type TestDevice } from "../testing/test-device.ts";
import { assembleLogs } from "./assemble-logs.ts";
import { DeviceLog } from "./device-log.ts";
import { readOperation, type Operation } from "./operation.ts";
import type { SignedItem } from "./signed-fields.ts";

const random = seededRandom(20_261_124);
const INVALID = "MASQ_MESSAGE_INVALID";
const MAPS = "https://maps.example.org" as NamespaceId;
const NOTES = "app:org.example.notes" as NamespaceId;

const devices = (...names: string[]): TestDevice[] => names.map((name) => testDevice(random, name));

const add = (
  { record }: TestDevice,
  role: "app" | "store" | "recovery" = "app",
  scope: NamespaceId | undefined = MAPS,
) => ({ kind: "add", record, role, scope }) as const;

const begin = (device: TestDevice): DeviceLog =>
  DeviceLog.create(crypto, device.identitySeed, { ...device, role: "app", scope: MAPS, wall: 1 });

const itemOf = ({ bytes, signature }: Operation): SignedItem => [bytes, signature];

describe("the log of an app's circle", () => {
  it("lets apps add within their scope as long as they know of no store", () => {
    const [phone, browser, laptop, other, key, tablet] = devices(
      "Phone",
      "Browser",
      "Laptop",
      "Other",
      "Key",
      "Tablet",
    ) as [TestDevice, TestDevice, TestDevice, TestDevice, TestDevice, TestDevice];
    const log = begin(phone);
    const issue = (
      { identitySeed, id }: TestDevice,
      body: ReturnType<typeof add>,
      on: DeviceLog = log,
    ): Operation => on.issue(identitySeed, id, 2, body);
    throwsCode(() => issue(phone, add(other, "app", NOTES)), INVALID);
    throwsCode(
      () => issue(phone, { ...add(other), scope: undefined as unknown as NamespaceId }),
      INVALID,
    );
    throwsCode(() => issue(phone, add(key, "recovery")), INVALID);
    issue(phone, add(browser));
    const apart = log.copy();
    issue(phone, add(laptop, "store"));
    expect([phone, laptop].map(({ id }) => log.mayAdd(id))).toEqual([false, true]);
    throwsCode(() => issue(browser, add(other)), INVALID);
    issue(laptop, add(other));
    // Not knowing of the store, the browser still may; that counts wherever it comes.
    const late = issue(browser, add(tablet), apart);
    expect(log.add(readOperation(crypto, itemOf(late)))).toBe(true);
    expect(log.members().length).toBe(5);
    expect(log.mayAdd(key.id)).toBe(false);
  });
});

describe("logs put together", () => {
  it("are whole whatever the order, apart by circle, and hold nothing that does not hang together", () => {
    const [phone, browser, laptop, other] = devices("Phone", "Browser", "Laptop", "Other") as [
      TestDevice,
      TestDevice,
      TestDevice,
      TestDevice,
    ];
    const [log, second] = [begin(phone), begin(other)];
    log.issue(phone.identitySeed, phone.id, 2, add(browser));
    log.issue(phone.identitySeed, phone.id, 3, add(laptop, "store"));
    const all = [...log.operations, ...second.operations].map(itemOf);
    for (let round = 0; round < 10; round += 1) {
      const mixed = all.toSorted(() => random.int(3) - 1);
      const logs = assembleLogs(crypto, [...mixed, [Uint8Array.of(1), new Uint8Array(64)]]);
      expect([...logs.keys()].toSorted()).toEqual([log.circle, second.circle].toSorted());
      const [first, ...rest] = logs.get(log.circle) as [SignedItem, ...SignedItem[]];
      const copy = DeviceLog.begin(crypto, readOperation(crypto, first));
      for (const item of rest) copy.add(readOperation(crypto, item));
      expect(copy.headsHash).toEqual(log.headsHash);
    }
    const [root, , last] = log.operations.map(itemOf) as [SignedItem, SignedItem, SignedItem];
    expect(assembleLogs(crypto, [last, root]).get(log.circle)).toEqual([root]);
    expect(assembleLogs(crypto, [last]).size).toBe(0);
  });
});
