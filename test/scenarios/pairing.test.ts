/** Devices with their own databases that pair through a real sync service. */
import { join as joinPath } from "node:path";
import {
  decodeInvitation,
  invite,
  join,
  type LogBook,
  noblePeerPrimitives,
  type PairingPeer,
  type PairingSelf,
} from "@masq/core/peer";
import { RelayLink } from "@masq/core/relay";
import { collector, rejectsCode, seededRandom } from "@masq/core/testing";
import { nodeHost, openWebSocket } from "@masq/node";
import { startSyncService, type SyncService } from "@masq/sync-service";
import { afterEach, describe, expect, it } from "vitest";
import {
  bookOf,
  namesIn,
  testDevice,
  type TestDevice,
} from "../../packages/core/src/testing/test-device.ts";
import { openSqliteStorage } from "../../packages/node/src/sqlite/index.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const FAILED = "MASQ_PAIRING_FAILED";

const random = seededRandom(20_261_124);
const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const startService = async (port = 0): Promise<SyncService> => {
  const service = await startSyncService({ port });
  cleanUps.push(() => service.stop());
  return service;
};

interface Device {
  readonly device: TestDevice;
  readonly file: string;
  readonly key: Uint8Array;
  readonly book: LogBook;
  readonly self: PairingSelf;
  readonly link: RelayLink;
  readonly close: () => Promise<void>;
}

const startDevice = async (name: string, port: number, members = 1): Promise<Device> => {
  const device = testDevice(random, name);
  const file = joinPath(temporaryDirectory(), "store.db");
  const key = random.bytes(32);
  const storage = await openSqliteStorage({ file, key });
  const book = await bookOf(device, { storage, clock: nodeHost.clock });
  for (let other = 1; other < members; other += 1)
    await book.admit(testDevice(random, `${name} ${other}`).record, "store");
  const url = `ws://127.0.0.1:${port}/`;
  const link = new RelayLink({ host: nodeHost, openSocket: openWebSocket, url });
  cleanUps.push(() => link.close());
  const close = (): Promise<void> => storage.close();
  cleanUps.push(close);
  const crypto = noblePeerPrimitives;
  const self: PairingSelf = {
    host: nodeHost,
    crypto,
    channelKey: device.channelKey,
    own: device,
    book,
    role: "store",
  };
  return { device, file, key, book, self, link, close };
};

const secretIn = (text: string): Uint8Array => decodeInvitation(noblePeerPrimitives, text).secret;

const yes = async (): Promise<boolean> => true;

/** A person who looks at the screen and has not answered yet. */
const undecided = () => {
  const asked = collector<PairingPeer>();
  const confirm = (peer: PairingPeer): Promise<boolean> => {
    asked.push(peer);
    return new Promise(() => {});
  };
  return { confirm, isAsked: () => asked.until((all) => all.length > 0, "a question") };
};

const invited = (
  of: Device,
  port: number,
  confirm = yes as (peer: PairingPeer) => Promise<boolean>,
) => invite(of.self, { link: of.link, syncService: `ws://127.0.0.1:${port}`, confirm });

const joined = (
  of: Device,
  text: string,
  confirm = yes as (peer: PairingPeer) => Promise<boolean>,
) => join(of.self, { link: of.link, secret: secretIn(text), timeoutMs: 20_000, confirm });

const pair = async (inviter: Device, joiner: Device, port: number): Promise<void> => {
  const invitation = invited(inviter, port);
  const joining = joined(joiner, invitation.text);
  const members = await Promise.all([invitation.done, joining.done]);
  expect(members.map(({ record }) => record.id)).toEqual([joiner.device.id, inviter.device.id]);
};

/** What a restart finds. */
const reopened = async ({ device, file, key, close }: Device): Promise<LogBook> => {
  await close();
  const storage = await openSqliteStorage({ file, key });
  cleanUps.push(() => storage.close());
  return bookOf(device, { storage });
};

describe("two stores and a sync service", () => {
  it.each([
    { inviter: 1, joiner: 1 },
    { inviter: 60, joiner: 1 },
    { inviter: 1, joiner: 3 },
  ])("pair, $inviter with $joiner, and still know each other after a restart", async (sizes) => {
    const { port } = await startService();
    const laptop = await startDevice("Laptop", port, sizes.inviter);
    const desktop = await startDevice("Desktop", port, sizes.joiner);
    await pair(laptop, desktop, port);
    const [one, other] = [await reopened(laptop), await reopened(desktop)];
    expect(one.members().length).toBe(sizes.inviter + sizes.joiner);
    expect(one.headsHash).toEqual(other.headsHash);
    expect(one.operations).toEqual(other.operations);
  });

  it("grow a circle one by one, whichever of them shows the link", async () => {
    const { port } = await startService();
    const [laptop, desktop, attic] = (await Promise.all(
      ["Laptop", "Desktop", "Attic"].map((name) => startDevice(name, port)),
    )) as [Device, Device, Device];
    await pair(laptop, desktop, port);
    await pair(attic, desktop, port);
    expect(namesIn(attic.book)).toEqual(["Attic", "Desktop", "Laptop"]);
    await pair(attic, laptop, port);
    expect(laptop.book.headsHash).toEqual(attic.book.headsHash);
  });

  it("warn when somebody else opens the link while a person still thinks", async () => {
    const { port } = await startService();
    const [laptop, thief, desktop] = (await Promise.all(
      ["Laptop", "Thief", "Desktop"].map((name) => startDevice(name, port)),
    )) as [Device, Device, Device];
    const person = undecided();
    const invitation = invited(laptop, port, person.confirm);
    const first = joined(thief, invitation.text);
    await person.isAsked();
    const second = joined(desktop, invitation.text);
    await expect(invitation.done).rejects.toThrow(/opened a second time/);
    for (const { done } of [invitation, first, second]) await rejectsCode(done, FAILED);
    for (const { book, device } of [laptop, thief, desktop])
      expect(namesIn(book)).toEqual([device.name]);
    await pair(laptop, desktop, port);
  });

  it("lose the service while people think, and pair when it is back", async () => {
    const service = await startService();
    const { port } = service;
    const [laptop, desktop] = (await Promise.all(
      ["Laptop", "Desktop"].map((name) => startDevice(name, port)),
    )) as [Device, Device];
    const person = undecided();
    const invitation = invited(laptop, port);
    const joining = joined(desktop, invitation.text, person.confirm);
    await person.isAsked();
    await service.stop();
    await rejectsCode(invitation.done, FAILED);
    await rejectsCode(joining.done, FAILED);
    expect(namesIn(laptop.book)).toEqual(["Laptop"]);
    await startService(port);
    await pair(laptop, desktop, port);
  });

  it("stop when one is told to, and the other one is told so", async () => {
    const { port } = await startService();
    const [laptop, desktop] = (await Promise.all(
      ["Laptop", "Desktop"].map((name) => startDevice(name, port)),
    )) as [Device, Device];
    const person = undecided();
    const invitation = invited(laptop, port, person.confirm);
    const joining = joined(desktop, invitation.text);
    await person.isAsked();
    invitation.cancel();
    await rejectsCode(invitation.done, "MASQ_CLOSED");
    await rejectsCode(joining.done, "MASQ_PAIRING_REFUSED");
    const declined = invited(laptop, port, async () => false);
    const again = joined(desktop, declined.text);
    await rejectsCode(declined.done, "MASQ_PAIRING_REFUSED");
    await rejectsCode(again.done, "MASQ_PAIRING_REFUSED");
    expect(namesIn(desktop.book)).toEqual(["Desktop"]);
  });
});
