import { describe, expect, it } from "vitest";
import { encode } from "cborg";
import { noblePeerPrimitives as crypto } from "../crypto/noble-peer.ts";
import type { DeviceId, NamespaceId } from "../data/ids.ts";
import { throwsCode } from "../testing/expect.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { DeviceLog } from "./device-log.ts";
import {
  deviceIdOf,
  readRecord,
  signRecord,
  type DeviceRecord,
  type SignedRecord,
} from "./device-record.ts";
import {
  MAX_PARENTS,
  readOperation,
  signOperation,
  type Draft,
  type Operation,
} from "./operation.ts";

const random = seededRandom(20_261_123);
const INVALID = "MASQ_MESSAGE_INVALID";
const MAPS = "https://maps.example.org" as NamespaceId;

interface TestDevice {
  readonly seed: Uint8Array;
  readonly id: DeviceId;
  readonly record: SignedRecord;
}

const newDevice = (name: string): TestDevice => {
  const seed = random.bytes(32);
  const identityKey = crypto.ed25519PublicKey(seed);
  const record = signRecord(crypto, seed, {
    identityKey,
    channelKey: random.bytes(32),
    kemKey: random.bytes(1184),
    name,
    syncServices: ["wss://sync.example.org"],
  });
  return { seed, id: deviceIdOf(crypto, identityKey), record };
};

/** A newer record of the device, with what is given changed. */
const renewed = (
  { seed, record }: TestDevice,
  changes: Partial<Omit<DeviceRecord, "id" | "identityKey">>,
): SignedRecord => signRecord(crypto, seed, { ...readRecord(crypto, record), ...changes });

const moved = (device: TestDevice, service: string) =>
  ({ kind: "update", record: renewed(device, { syncServices: [service] }) }) as const;

const begin = (device: TestDevice): DeviceLog =>
  DeviceLog.create(crypto, device.seed, { ...device, role: "store", wall: 1000 });

const addition = ({ record }: TestDevice) =>
  ({ kind: "add", record, role: "store", scope: undefined }) as const;

const travelled = ({ bytes, signature }: Operation): Operation =>
  readOperation(crypto, [bytes, signature]);

/** Another device's copy of a log, filled in the order given. */
const copyOf = (log: DeviceLog, operations: readonly Operation[] = log.operations): DeviceLog => {
  const [first, ...rest] = operations;
  const copy = DeviceLog.begin(crypto, travelled(first as Operation));
  for (const operation of rest) copy.add(travelled(operation));
  return copy;
};

/** The same operations in a random order in which each still comes after its parents. */
const shuffled = (operations: readonly Operation[]): Operation[] => {
  const waiting = [...operations];
  const order: Operation[] = [];
  while (waiting.length > 0) {
    const ready = waiting.filter(({ parents }) =>
      parents.every((parent) => order.some(({ hash }) => hash === parent)),
    );
    const next = random.pick(ready);
    order.push(next);
    waiting.splice(waiting.indexOf(next), 1);
  }
  return order;
};

const show = (log: DeviceLog): unknown =>
  log
    .members()
    .map(({ record, name, role, scope, addedBy }) =>
      [record.id, name, role, scope, addedBy, ...record.syncServices].join(" "),
    )
    .toSorted((a, b) => (a < b ? -1 : 1));

describe("a device record", () => {
  it("comes back as it was, and is refused when any byte of it or its signature is changed", () => {
    const { id, record } = newDevice("Laptop");
    expect(readRecord(crypto, record)).toMatchObject({
      id,
      name: "Laptop",
      syncServices: ["wss://sync.example.org"],
    });
    const [bytes, signature] = record;
    for (let at = 0; at < bytes.length; at += 37) {
      const changed = new Uint8Array(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      throwsCode(() => readRecord(crypto, [changed, signature]), INVALID);
    }
    const forged = new Uint8Array(signature);
    forged[3] = (forged[3] as number) ^ 1;
    for (const wrong of [[bytes, forged], [bytes], bytes, undefined, [signature, bytes]]) {
      throwsCode(() => readRecord(crypto, wrong), INVALID);
    }
  });

  it("bears no name that could mislead, and no address that is none", () => {
    const seed = random.bytes(32);
    const fields = {
      identityKey: crypto.ed25519PublicKey(seed),
      channelKey: random.bytes(32),
      kemKey: random.bytes(1184),
    };
    for (const name of ["", " Laptop", "a\nb", "a\u202eb", "x".repeat(65)]) {
      throwsCode(
        () => readRecord(crypto, signRecord(crypto, seed, { ...fields, name, syncServices: [] })),
        INVALID,
      );
    }
    for (const services of [
      ["https://sync.example.org"],
      ["wss://a b"],
      Array.from({ length: 5 }, () => "wss://a"),
    ]) {
      const record = signRecord(crypto, seed, {
        ...fields,
        name: "Laptop",
        syncServices: services,
      });
      throwsCode(() => readRecord(crypto, record), INVALID);
    }
  });
});

describe("a device log", () => {
  it("begins with a device that adds itself, and with nobody else", () => {
    const laptop = newDevice("Laptop");
    const desktop = newDevice("Desktop");
    const log = begin(laptop);
    expect(log.members().map(({ record, name }) => [record.id, name])).toEqual([
      [laptop.id, "Laptop"],
    ]);
    const draft = {
      circle: undefined,
      parents: [],
      issuer: laptop.id,
      wall: 1,
      body: addition(desktop),
    };
    throwsCode(() => DeviceLog.begin(crypto, signOperation(crypto, laptop.seed, draft)), INVALID);
    const stolen = { ...draft, body: addition(laptop) };
    throwsCode(() => DeviceLog.begin(crypto, signOperation(crypto, desktop.seed, stolen)), INVALID);
  });

  it("comes to the same members and names whatever the order, and says so by its heads", () => {
    for (let round = 0; round < 12; round += 1) {
      const devices = ["Laptop", "Desktop", "Attic", "Office"].map(newDevice);
      const logs = [begin(devices[0] as TestDevice)];
      const first = logs[0] as DeviceLog;
      first.issue(
        (devices[0] as TestDevice).seed,
        (devices[0] as TestDevice).id,
        2000,
        addition(devices[1] as TestDevice),
      );
      logs.push(copyOf(first));
      // Two devices that do not hear each other: both add the others, rename everybody, and move. A third one moves by
      // itself, known to one of them or both, in one role or two.
      for (let turn = 0; turn < 10; turn += 1) {
        const at = random.int(2);
        const log = logs[at] as DeviceLog;
        const about = random.pick(devices);
        const own = devices[at] as TestDevice;
        const mover = random.pick([own, devices[2] as TestDevice]);
        const issue = ({ seed, id }: TestDevice, body: Draft["body"]) =>
          log.issue(seed, id, random.int(9), body);
        if (log.member(about.id) === undefined)
          issue(own, { ...addition(about), role: random.pick(["store", "app"] as const) });
        else if (random.int(2) === 0)
          issue(own, { kind: "rename", device: about.id, name: `Name ${turn}` });
        else if (log.member(mover.id) !== undefined)
          issue(mover, moved(mover, `wss://${turn}.example.org`));
        // What it may depends on what it was when it did it.
        if (log.member(mover.id)?.role === "store")
          issue(mover, { kind: "rename", device: own.id, name: `By ${turn}` });
      }
      const union = [
        ...new Map(
          logs.flatMap((log) => log.operations.map((operation) => [operation.hash, operation])),
        ).values(),
      ];
      const merged = Array.from({ length: 4 }, () => copyOf(first, shuffled(union)));
      for (const log of merged) {
        expect(show(log)).toEqual(show(merged[0] as DeviceLog));
        expect(log.headsHash).toEqual((merged[0] as DeviceLog).headsHash);
      }
    }
  }, 60_000);

  it("takes nothing from who is no member, was none then, or may not", () => {
    const [laptop, desktop, phone, stranger] = ["Laptop", "Desktop", "Phone", "Stranger"].map(
      newDevice,
    ) as [TestDevice, TestDevice, TestDevice, TestDevice];
    const log = begin(laptop);
    const before = log.heads;
    log.issue(laptop.seed, laptop.id, 1, {
      kind: "add",
      record: phone.record,
      role: "app",
      scope: MAPS,
    });
    const draft = { circle: log.circle, parents: log.heads, wall: 1 };
    const wrong: [string, () => Operation][] = [
      [
        "a stranger",
        () =>
          signOperation(crypto, stranger.seed, {
            ...draft,
            issuer: stranger.id,
            body: addition(stranger),
          }),
      ],
      [
        "in another's name",
        () =>
          signOperation(crypto, stranger.seed, {
            ...draft,
            issuer: laptop.id,
            body: addition(stranger),
          }),
      ],
      [
        "an app that adds",
        () =>
          signOperation(crypto, phone.seed, {
            ...draft,
            issuer: phone.id,
            body: addition(stranger),
          }),
      ],
      [
        "before it was added",
        () =>
          signOperation(crypto, phone.seed, {
            ...draft,
            parents: before,
            issuer: phone.id,
            body: { kind: "rename", device: phone.id, name: "x" },
          }),
      ],
      [
        "about nobody",
        () =>
          signOperation(crypto, laptop.seed, {
            ...draft,
            issuer: laptop.id,
            body: { kind: "rename", device: desktop.id, name: "x" },
          }),
      ],
      [
        "of another circle",
        () =>
          signOperation(crypto, laptop.seed, {
            ...draft,
            circle: "ab".repeat(32),
            issuer: laptop.id,
            body: addition(desktop),
          }),
      ],
      [
        "after what is not here",
        () =>
          signOperation(crypto, laptop.seed, {
            ...draft,
            parents: ["cd".repeat(32)],
            issuer: laptop.id,
            body: addition(desktop),
          }),
      ],
    ];
    for (const [, make] of wrong) throwsCode(() => log.add(make()), INVALID);
    expect(log.members().map(({ role, scope }) => [role, scope])).toEqual([
      ["store", undefined],
      ["app", MAPS],
    ]);
    log.issue(phone.seed, phone.id, 2, { kind: "rename", device: phone.id, name: "My phone" });
    expect(log.member(phone.id)?.name).toBe("My phone");
  });

  it("learns from a device, and from no other, where it listens now", () => {
    const [laptop, phone] = ["Laptop", "Phone"].map(newDevice) as [TestDevice, TestDevice];
    const log = begin(laptop);
    log.issue(laptop.seed, laptop.id, 1, { ...addition(phone), role: "app" });
    log.issue(phone.seed, phone.id, 2, moved(phone, "wss://new.example.org"));
    expect(log.member(phone.id)?.record.syncServices).toEqual(["wss://new.example.org"]);
    expect(log.member(phone.id)).toMatchObject({ name: "Phone", role: "app", added: 1 });
    const before = log.heads;
    const refusedOnes: [TestDevice, SignedRecord][] = [
      [laptop, renewed(phone, { syncServices: [] })],
      [phone, renewed(laptop, { syncServices: [] })],
      [phone, renewed(phone, { channelKey: random.bytes(32) })],
      [phone, renewed(phone, { kemKey: random.bytes(1184) })],
      [newDevice("Stranger"), phone.record],
    ];
    for (const [issuer, record] of refusedOnes) {
      const issue = () => log.issue(issuer.seed, issuer.id, 3, { kind: "update", record });
      throwsCode(issue, INVALID);
    }
    expect(log.heads).toEqual(before);
    // One made later replaces one made before, whatever the clocks say; a rename outlives both.
    log.issue(phone.seed, phone.id, 0, {
      kind: "update",
      record: renewed(phone, { name: "Tablet" }),
    });
    expect(log.member(phone.id)?.name).toBe("Tablet");
    log.issue(laptop.seed, laptop.id, 0, { kind: "rename", device: phone.id, name: "Ann's" });
    log.issue(phone.seed, phone.id, 9, moved(phone, "wss://newest.example.org"));
    expect(log.member(phone.id)?.name).toBe("Ann's");
    expect(log.member(phone.id)?.record.syncServices).toEqual(["wss://newest.example.org"]);
    expect(show(copyOf(log))).toEqual(show(log));
  });

  it("judges an operation by its own past alone, so that all devices judge alike", () => {
    for (let round = 0; round < 4; round += 1) {
      const [laptop, desktop, attic] = ["Laptop", "Desktop", "Attic"].map(newDevice) as [
        TestDevice,
        TestDevice,
        TestDevice,
      ];
      const one = begin(laptop);
      one.issue(laptop.seed, laptop.id, 1, addition(desktop));
      const other = one.copy();
      one.issue(laptop.seed, laptop.id, round, addition(attic));
      const added = one.issue(attic.seed, attic.id, 3, addition(newDevice("Office")));
      const asApp = other.issue(desktop.seed, desktop.id, 4, { ...addition(attic), role: "app" });
      const [early, late] = [one.copy(), other.copy()];
      early.add(asApp);
      for (const operation of one.operations) late.add(operation);
      expect(late.has(added.hash)).toBe(true);
      expect(show(late)).toEqual(show(early));
    }
  });

  it("goes on when more operations stand side by side than one can follow", () => {
    const laptop = newDevice("Laptop");
    const log = begin(laptop);
    const base = log.heads;
    for (let wall = 0; wall <= MAX_PARENTS; wall += 1) {
      log.add(
        signOperation(crypto, laptop.seed, {
          circle: log.circle,
          parents: base,
          issuer: laptop.id,
          wall,
          body: { kind: "rename", device: laptop.id, name: `Name ${wall}` },
        }),
      );
    }
    expect(log.heads.length).toBe(MAX_PARENTS + 1);
    log.issue(laptop.seed, laptop.id, 1, addition(newDevice("Desktop")));
    expect(log.heads.length).toBe(2);
  });

  it("knows what it has, and refuses operations that are changed, cut or of an unknown kind", () => {
    const laptop = newDevice("Laptop");
    const log = begin(laptop);
    const operation = log.issue(laptop.seed, laptop.id, 5, {
      kind: "rename",
      device: laptop.id,
      name: "Old laptop",
    });
    expect(log.add(travelled(operation))).toBe(false);
    expect(log.has(operation.hash)).toBe(true);
    const copy = copyOf(log, log.operations.slice(0, 1));
    for (let at = 0; at < operation.bytes.length; at += 1) {
      const bytes = new Uint8Array(operation.bytes);
      bytes[at] = (bytes[at] as number) ^ 0x10;
      throwsCode(() => copy.add(readOperation(crypto, [bytes, operation.signature])), INVALID);
      throwsCode(
        () => readOperation(crypto, [operation.bytes.subarray(0, at), operation.signature]),
        INVALID,
      );
    }
    const unknown = encode([1, new Uint8Array(0), [], new Uint8Array(32), 1, [9, "later"]]);
    throwsCode(() => readOperation(crypto, [unknown, new Uint8Array(64)]), INVALID);
    expect(copy.add(travelled(operation))).toBe(true);
    expect(copy.headsHash).toEqual(log.headsHash);
  });
});
