import { describe, expect, it } from "vitest";
import { pairingKeys } from "../channel/pairing-secret.ts";
import { noblePeerPrimitives as crypto } from "../crypto/noble-peer.ts";
import { equal } from "../testing/expect.ts";
import { pairingWorld, type PairingDevice } from "../testing/pairing-world.ts";
import { keptIn } from "../testing/test-device.ts";
import { decodeInvitation } from "./invitation-link.ts";

const FAILED = "MASQ_PAIRING_FAILED";

const kept = (...devices: readonly PairingDevice[]): Promise<string[]> =>
  Promise.all(devices.map(({ storage }) => keptIn(storage)));

const never = (): Promise<boolean> => new Promise(() => {});

describe("a pairing under attack", () => {
  it("warns the one who shows the link when a second one opens it", async () => {
    const world = pairingWorld(12);
    const laptop = await world.device("Laptop");
    const [desktop, thief] = [await world.device("Desktop"), await world.device("Thief")];
    const before = await kept(laptop, desktop, thief);
    for (const [one, other] of [
      [desktop, thief],
      [thief, desktop],
    ] as const) {
      const invitation = world.invite(laptop, { confirm: never });
      const first = world.join(one, invitation.text);
      await world.settle();
      const second = world.join(other, invitation.text);
      equal(await world.outcomes(invitation, first, second), [FAILED, FAILED, FAILED]);
      await expect(invitation.done).rejects.toThrow(/opened a second time: somebody else has it/);
      equal(await kept(laptop, desktop, thief), before);
    }
    // Also when somebody takes the place of the one who shows it.
    const invitation = world.invite(laptop);
    await world.settle();
    const keys = pairingKeys(crypto, decodeInvitation(crypto, invitation.text).secret, "responder");
    const handlers = { up() {}, down() {}, data() {}, writable() {} };
    thief.link.listen({ id: keys.rendezvousId, sideKey: keys.sideKey }, handlers);
    equal(await world.outcomes(invitation), [FAILED]);
    await expect(invitation.done).rejects.toThrow(/opened a second time/);
  });

  it("waits for the first word of whoever took the other's place, and not for ever", async () => {
    const world = pairingWorld(13);
    const laptop = await world.device("Laptop");
    const [desktop, thief] = [await world.device("Desktop"), await world.device("Thief")];
    const invitation = world.invite(laptop, { confirm: never });
    const first = world.join(desktop, invitation.text);
    await world.settle();
    const held: Uint8Array[] = [];
    world.relay.pass = (bytes, from) => {
      if (from === "Thief") held.push(bytes);
      return [];
    };
    const second = world.join(thief, invitation.text);
    equal(await world.outcomes(first, second), [FAILED, FAILED]);
    equal(held.length, 1);
    equal(await world.outcomes(invitation), [FAILED]);
    await expect(invitation.done).rejects.toThrow(/broken off/);
  });

  it("goes on waiting when somebody without the secret comes", async () => {
    const world = pairingWorld(14);
    const [laptop, desktop] = [await world.device("Laptop"), await world.device("Desktop")];
    const stranger = await world.device("Stranger");
    const invitation = world.invite(laptop);
    // A relay knows where they meet.
    world.relay.pass = () => [new Uint8Array(1248).fill(7), new Uint8Array(10)];
    const wrong = world.join(stranger, invitation.text);
    await world.settle();
    world.relay.pass = (bytes) => [bytes];
    wrong.cancel();
    await world.settle();
    equal(await world.outcomes(invitation, world.join(desktop, invitation.text)), [
      "Desktop",
      "Laptop",
    ]);
  });

  it("is not entered into with a record that names another key than the handshake proved", async () => {
    for (const isInviter of [true, false]) {
      const world = pairingWorld(15);
      const [laptop, desktop] = [await world.device("Laptop"), await world.device("Desktop")];
      const before = await kept(laptop, desktop);
      const liar = isInviter ? laptop : desktop;
      const record = liar.device.renewed({ channelKey: new Uint8Array(32).fill(9) });
      const lying = { ...liar, self: { ...liar.self, own: { ...liar.device, record } } };
      const invitation = world.invite(isInviter ? lying : laptop);
      const joining = world.join(isInviter ? desktop : lying, invitation.text);
      equal(await world.outcomes(invitation, joining), [FAILED, FAILED]);
      equal([laptop.asked, desktop.asked], [[], []]);
      equal(await kept(laptop, desktop), before);
    }
  });

  it("is not one when the link is opened where it was made", async () => {
    const world = pairingWorld(16);
    const laptop = await world.device("Laptop");
    const invitation = world.invite(laptop);
    const joining = world.join(laptop, invitation.text);
    equal(await world.outcomes(invitation, joining), [FAILED, "MASQ_INVITATION_OWN"]);
    await expect(joining.done).rejects.toThrow(/this very device/);
  });

  it("leaves the entrant as it was when the admitter's log is not what it offered", async () => {
    const world = pairingWorld(17);
    const stranger = await world.device("Stranger");
    for (const lie of ["another circle", "without the admitter", "nothing new"] as const) {
      const laptop = await world.device("Laptop");
      const desktop = await world.device("Desktop");
      await stranger.book.admit(desktop.device.record, "store");
      const before = await kept(desktop);
      const { book } = laptop;
      const operations = {
        "another circle": () => stranger.book.operations,
        "without the admitter": () => stranger.book.operations,
        "nothing new": () => book.operations.slice(0, 1),
      }[lie];
      const lying = new Proxy(book, {
        get(target, name) {
          if (name === "operations") return operations();
          if (name === "circle" && lie === "without the admitter") return stranger.book.circle;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      const invitation = world.invite({ ...laptop, self: { ...laptop.self, book: lying } });
      const joining = world.join(desktop, invitation.text);
      equal(await world.outcomes(invitation, joining), [FAILED, FAILED]);
      equal(await kept(desktop), before);
    }
  });
});
