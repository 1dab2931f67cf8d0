import { describe, expect, it } from "vitest";
import type { NamespaceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import { equal, rejectsCode, throwsCode } from "../testing/expect.ts";
import { pairingWorld, type PairingDevice } from "../testing/pairing-world.ts";
import { keptIn, namesIn } from "../testing/test-device.ts";
import type { PairingPeer } from "./agreement.ts";

const FAILED = "MASQ_PAIRING_FAILED";
const REFUSED = "MASQ_PAIRING_REFUSED";
const EXPIRED = "MASQ_INVITATION_EXPIRED";
const CONFLICT = "MASQ_CIRCLE_CONFLICT";
const MAPS = "https://maps.example.org" as NamespaceId;
const NOTES = "app:org.example.notes" as NamespaceId;

const kept = (...devices: readonly PairingDevice[]): Promise<string[]> =>
  Promise.all(devices.map(({ storage }) => keptIn(storage)));

/** Both have one and the same log, also after a restart. */
const isPaired = (a: PairingDevice, b: PairingDevice): void => {
  equal(a.book.headsHash, b.book.headsHash);
  for (const { book } of [a, b])
    for (const { device } of [a, b]) expect(book.member(device.id)).toBeDefined();
};

const never = (): Promise<boolean> => new Promise(() => {});
const no = async (): Promise<boolean> => false;

describe("a pairing", () => {
  it.each([
    { inviter: 1, joiner: 1, admitter: "inviter" },
    { inviter: 3, joiner: 1, admitter: "inviter" },
    { inviter: 1, joiner: 3, admitter: "joiner" },
    // More than goes into one message.
    { inviter: 100, joiner: 1, admitter: "inviter" },
  ])(
    "brings $inviter and $joiner into the circle of the $admitter",
    async (sizes) => {
      const world = pairingWorld(1);
      const laptop = await world.device("Laptop", { members: sizes.inviter });
      const desktop = await world.device("Desktop", { members: sizes.joiner });
      const { circle } = sizes.admitter === "inviter" ? laptop.book : desktop.book;
      const met: string[] = [];
      const invitation = world.invite(laptop, { onMet: () => met.push("met") });
      equal(invitation.expiresInMs, 300_000);
      await world.settle();
      equal(met, []);
      const joining = world.join(desktop, invitation.text);
      equal(await world.outcomes(invitation, joining), ["Desktop", "Laptop"]);
      equal(met, ["met"]);
      isPaired(laptop, desktop);
      equal(laptop.book.circle, circle);
      equal(laptop.book.members().length, sizes.inviter + sizes.joiner);
      equal(world.relay.held, 0);
    },
    30_000,
  );

  it("asks both people about the same six digits, and what the other one wants to be", async () => {
    const world = pairingWorld(2);
    const laptop = await world.device("Laptop", { scope: MAPS });
    const phone = await world.device("Phone", { role: "app", scope: MAPS });
    const invitation = world.invite(laptop);
    equal(await world.outcomes(invitation, world.join(phone, invitation.text)), [
      "Phone",
      "Laptop",
    ]);
    const [atLaptop] = laptop.asked as [PairingPeer];
    const [atPhone] = phone.asked as [PairingPeer];
    expect(atLaptop.code).toMatch(/^\d{6}$/);
    equal(atPhone.code, atLaptop.code);
    expect(atLaptop).toMatchObject({
      device: phone.device.id,
      name: "Phone",
      role: "app",
      scope: MAPS,
      isMember: false,
      isNameTaken: false,
      isOwnName: false,
    });
    expect(atPhone).toMatchObject({ name: "Laptop", role: "store", scope: MAPS });
    expect(laptop.book.member(phone.device.id)).toMatchObject({ role: "app", scope: MAPS });
  });

  it("tells a name that a third device has from this very device's own", async () => {
    const world = pairingWorld(32);
    const [desktop, third, fourth] = [
      await world.device("Desktop"),
      await world.device("Desktop"),
      await world.device("Desktop"),
    ];
    const pair = async (inviter: PairingDevice, joiner: PairingDevice): Promise<void> => {
      const invitation = world.invite(inviter);
      await world.outcomes(invitation, world.join(joiner, invitation.text));
    };
    await pair(desktop, third);
    expect(desktop.asked).toMatchObject([{ isNameTaken: false, isOwnName: true }]);
    await desktop.book.rename(desktop.device.id, "Attic");
    await pair(desktop, fourth);
    expect(desktop.asked[1]).toMatchObject({ isNameTaken: true, isOwnName: false });
    expect(fourth.asked).toMatchObject([{ name: "Desktop", isOwnName: true }]);
  });

  it("is not for an app where stores pair, nor for another app", async () => {
    const world = pairingWorld(30);
    const laptop = await world.device("Laptop");
    const phone = await world.device("Phone", { role: "app", scope: MAPS });
    const other = await world.device("Other", { role: "app", scope: NOTES });
    for (const [inviter, joiner] of [
      [laptop, phone],
      [phone, laptop],
      [phone, other],
    ] as const) {
      const before = await kept(inviter, joiner);
      const invitation = world.invite(inviter);
      equal(await world.outcomes(invitation, world.join(joiner, invitation.text)), [
        REFUSED,
        REFUSED,
      ]);
      equal([inviter.asked, joiner.asked], [[], []]);
      equal(await kept(inviter, joiner), before);
    }
  });

  it("needs no store between apps, and the store once there is one", async () => {
    const world = pairingWorld(3);
    const phone = await world.device("Phone", { role: "app", scope: MAPS });
    const computer = await world.device("Browser", { role: "app", scope: MAPS });
    const alone = world.invite(phone);
    equal(await world.outcomes(alone, world.join(computer, alone.text)), ["Browser", "Phone"]);
    isPaired(phone, computer);
    const laptop = await world.device("Laptop", { scope: MAPS });
    const invitation = world.invite(phone);
    equal(await world.outcomes(invitation, world.join(laptop, invitation.text)), [
      "Laptop",
      "Phone",
    ]);
    isPaired(laptop, phone);
    const tablet = await world.device("Tablet", { role: "app", scope: MAPS });
    const second = world.invite(phone);
    equal(await world.outcomes(second, world.join(tablet, second.text)), [REFUSED, REFUSED]);
    equal(namesIn(phone.book), ["Browser", "Laptop", "Phone"]);
  });

  it("of two that are paired says so and changes nothing", async () => {
    const world = pairingWorld(4);
    const [laptop, desktop] = [await world.device("Laptop"), await world.device("Desktop")];
    const first = world.invite(laptop);
    await world.outcomes(first, world.join(desktop, first.text));
    await laptop.book.rename(desktop.device.id, "Attic");
    const before = await kept(laptop, desktop);
    const again = world.invite(desktop);
    const joining = world.join(laptop, again.text);
    equal(await world.outcomes(again, joining), ["Laptop", "Attic"]);
    equal(await kept(laptop, desktop), before);
    expect(laptop.asked[1]).toMatchObject({ isMember: true, name: "Attic" });
  });

  it("of two in one circle of which one does not know the other brings the log along", async () => {
    const world = pairingWorld(5);
    const laptop = await world.device("Laptop");
    const [desktop, attic] = [await world.device("Desktop"), await world.device("Attic")];
    for (const entrant of [desktop, attic]) {
      const invitation = world.invite(laptop);
      await world.outcomes(invitation, world.join(entrant, invitation.text));
    }
    equal(namesIn(desktop.book), ["Desktop", "Laptop"]);
    const invitation = world.invite(desktop);
    equal(await world.outcomes(invitation, world.join(attic, invitation.text)), [
      "Attic",
      "Desktop",
    ]);
    isPaired(desktop, attic);
    equal(desktop.book.operations, laptop.book.operations);
  });

  it("joins no two circles, and says what to do", async () => {
    const world = pairingWorld(6);
    const laptop = await world.device("Laptop", { members: 2 });
    const desktop = await world.device("Desktop", { members: 3 });
    const before = await kept(laptop, desktop);
    const invitation = world.invite(laptop);
    const joining = world.join(desktop, invitation.text);
    equal(await world.outcomes(invitation, joining), [CONFLICT, CONFLICT]);
    for (const { done } of [invitation, joining])
      await expect(done).rejects.toThrow(/no data are lost.*smaller circle.*one by one.*export/);
    equal(await kept(laptop, desktop), before);
    equal([laptop.asked, desktop.asked], [[], []]);
  });

  it("needs both people's yes, and ends with the first no", async () => {
    for (const [index, [confirmInviter, confirmJoiner]] of [
      [no, never],
      [never, no],
      [no, no],
      [undefined, no],
      [no, undefined],
      [
        async () => {
          throw new Error("the window was closed");
        },
        never,
      ],
      [never, async () => "yes" as never],
    ].entries()) {
      const world = pairingWorld(100 + index);
      const [laptop, desktop] = [await world.device("Laptop"), await world.device("Desktop")];
      const before = await kept(laptop, desktop);
      const invitation = world.invite(laptop, confirmInviter && { confirm: confirmInviter });
      const joining = world.join(
        desktop,
        invitation.text,
        confirmJoiner && { confirm: confirmJoiner },
      );
      const start = world.clock.monotonic();
      equal(await world.outcomes(invitation, joining), [REFUSED, REFUSED]);
      equal(world.clock.monotonic(), start);
      equal(await kept(laptop, desktop), before);
    }
  });

  it("waits for people as long as the link would last, and a minute at least", async () => {
    for (const [waited, limit] of [
      [0, 300_000],
      [290_000, 60_000],
    ] as const) {
      const world = pairingWorld(7);
      const [laptop, desktop] = [await world.device("Laptop"), await world.device("Desktop")];
      const invitation = world.invite(laptop, { confirm: never });
      world.clock.advance(waited);
      await world.settle();
      const joining = world.join(desktop, invitation.text);
      await world.settle();
      const start = world.clock.monotonic();
      equal(await world.outcomes(invitation, joining), [REFUSED, REFUSED]);
      equal(world.clock.monotonic() - start, limit);
      await expect(joining.done).rejects.toThrow(/in time on the other device|in time\./);
    }
  });

  it("can be opened for five minutes of a clock that nobody can set", async () => {
    const world = pairingWorld(8);
    const [laptop, desktop] = [await world.device("Laptop"), await world.device("Desktop")];
    const before = await kept(laptop, desktop);
    const invitation = world.invite(laptop);
    world.clock.setNow(0);
    world.clock.advance(299_999);
    await world.settle();
    equal(world.relay.held, 1);
    world.clock.advance(1);
    equal(await world.outcomes(invitation), [EXPIRED]);
    equal(world.relay.held, 0);
    const start = world.clock.monotonic();
    const joining = world.join(desktop, invitation.text);
    equal(await world.outcomes(joining), [EXPIRED]);
    equal(world.clock.monotonic() - start, 20_000);
    await expect(joining.done).rejects.toThrow(/used, has expired, or .* not connected/);
    equal(await kept(laptop, desktop), before);
    for (const lifetimeMs of [0, -1, Number.NaN, 3_600_001])
      throwsCode(() => world.invite(laptop, { lifetimeMs }), "MASQ_OPTION_INVALID");
    throwsCode(() => world.invite(laptop, { syncService: "http://x" }), "MASQ_OPTION_INVALID");
  });

  it("is over for a link that was used, and for one that leads to nobody", async () => {
    const world = pairingWorld(9);
    const laptop = await world.device("Laptop");
    const [desktop, attic] = [await world.device("Desktop"), await world.device("Attic")];
    const invitation = world.invite(laptop);
    await world.outcomes(invitation, world.join(desktop, invitation.text));
    equal(await world.outcomes(world.join(attic, invitation.text)), [EXPIRED]);
    const foreign = pairingWorld(10);
    const { text } = foreign.invite(await foreign.device("Laptop"));
    equal(await world.outcomes(world.join(attic, text)), [EXPIRED]);
    equal(namesIn(attic.book), ["Attic"]);
  });

  it("says so when the sync service is what is missing", async () => {
    const world = pairingWorld(11);
    const laptop = await world.device("Laptop");
    const invitation = world.invite(laptop, { lifetimeMs: 1000 });
    await world.settle();
    world.relay.cut("Laptop");
    await world.settle();
    world.clock.advance(0);
    equal(laptop.link.status.state, "waiting");
    world.relay.isReachable = false;
    equal(await world.outcomes(invitation), ["MASQ_SYNC_SERVICE_UNREACHABLE"]);
    laptop.link.close();
    throwsCode(() => world.invite(laptop), "MASQ_CLOSED");
    throwsCode(() => world.join(laptop, invitation.text), "MASQ_CLOSED");
  });

  it("fails on both sides when one of them cannot keep it, and a second one heals", async () => {
    for (const isAdmitter of [true, false]) {
      const world = pairingWorld(18);
      const [laptop, desktop] = [await world.device("Laptop"), await world.device("Desktop")];
      (isAdmitter ? laptop : desktop).storage.failNext(1);
      const invitation = world.invite(laptop);
      const result = await world.outcomes(invitation, world.join(desktop, invitation.text));
      equal(result, isAdmitter ? ["MASQ_STORAGE_FULL", FAILED] : [FAILED, "MASQ_STORAGE_FULL"]);
      equal(namesIn(desktop.book), ["Desktop"]);
      const again = world.invite(desktop);
      equal(await world.outcomes(again, world.join(laptop, again.text)), ["Laptop", "Desktop"]);
      isPaired(laptop, desktop);
    }
  });

  it("can be cancelled at any time, and the other one is told", async () => {
    const world = pairingWorld(19);
    const [laptop, desktop] = [await world.device("Laptop"), await world.device("Desktop")];
    const before = await kept(laptop, desktop);
    const early = world.invite(laptop);
    early.cancel();
    early.cancel();
    equal(await world.outcomes(early), ["MASQ_CLOSED"]);
    const alone = world.join(desktop, early.text);
    alone.cancel();
    equal(await world.outcomes(alone), ["MASQ_CLOSED"]);
    for (const isInviter of [true, false]) {
      const invitation = world.invite(laptop, { confirm: never });
      const joining = world.join(desktop, invitation.text, { confirm: never });
      await world.settle();
      (isInviter ? invitation : joining).cancel();
      equal(
        await world.outcomes(invitation, joining),
        isInviter ? ["MASQ_CLOSED", REFUSED] : [REFUSED, "MASQ_CLOSED"],
      );
      await expect((isInviter ? joining : invitation).done).rejects.toThrow(
        /cancelled on the other/,
      );
    }
    equal(await kept(laptop, desktop), before);
    equal(world.relay.held, 0);
  });

  it("repeats nothing secret in what it says when it fails", async () => {
    const world = pairingWorld(20);
    const laptop = await world.device("Laptop");
    const invitation = world.invite(laptop, { lifetimeMs: 1 });
    await world.outcomes(invitation);
    const error = await invitation.done.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MasqError);
    expect(String(error)).not.toContain(invitation.text.slice(12, 40));
    await rejectsCode(invitation.done, EXPIRED);
  });
});
