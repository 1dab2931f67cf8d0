/** Invitations that are no good: both people are told so plainly, nothing is changed, and a good one still works. */
import { once } from "node:events";
import { encodeInvitation, decodeInvitation, noblePeerPrimitives } from "@masq/core/peer";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { killAll, launch, outcomeOf, type Outcome } from "../scenarios/masq-process.ts";
import { openComputer, pair, type Computer } from "../support/computers.ts";
import { PATIENT } from "../support/long-form.ts";
import { sleepsAtSignal } from "../support/store-variables.ts";

const LIFETIME_MS = 5 * 60_000;

let service: SyncServiceProcess;
beforeAll(async () => {
  service = await startSyncServiceProcess();
});
afterEach(killAll);
afterAll(() => service.stop());

interface Invited {
  readonly link: string;
  readonly ended: Promise<Outcome>;
  /** Ctrl-C */
  withdraw(): void;
}

const invite = async ({ directory }: Computer, ...args: string[]): Promise<Invited> => {
  const child = launch(directory, ["invite", "--yes", ...args]);
  const ended = outcomeOf(child);
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [string];
  return { link: line.trim(), ended, withdraw: () => void child.kill("SIGINT") };
};

const join = ({ cli }: Computer, link: string): Promise<Outcome> => cli("join", link, "--yes");

const devicesOf = async ({ cli }: Computer): Promise<number> =>
  ((await cli.json("devices")) as { devices: unknown[] }).devices.length;

const expectPaired = async (invited: Invited, joining: Computer): Promise<void> => {
  expect(await join(joining, invited.link)).toMatchObject({ code: 0 });
  expect(await invited.ended).toMatchObject({ code: 0 });
};

const NOBODY = {
  code: 7,
  err: expect.stringMatching(
    /used, has expired[^]*Nothing was changed[^]*\[MASQ_INVITATION_EXPIRED\]/,
  ),
};

const BROKEN_OFF = expect.stringMatching(
  /No data are lost[^]*new link[^]*\[MASQ_PAIRING_FAILED\]/,
) as string;

describe("an invitation", () => {
  it(
    "that is cut, changed or none is refused at once, and stays good as it was",
    PATIENT,
    async () => {
      const [laptop, desktop] = [await openComputer(service.url), await openComputer(service.url)];
      const invited = await invite(laptop);
      const { link } = invited;
      const [changedAt, original] = [40, link[40]];
      const changed = `${link.slice(0, changedAt)}${original === "A" ? "B" : "A"}${link.slice(changedAt + 1)}`;
      for (const spoilt of [link.slice(0, -1), link.slice(0, 60), changed]) {
        expect(await join(desktop, spoilt)).toMatchObject({
          code: 2,
          err: expect.stringMatching(
            /not complete or was changed[^]*Nothing was sent[^]*\[MASQ_INVITATION_INVALID\]/,
          ),
        });
      }
      for (const none of ["https://example.org/", "masq:pair"]) {
        expect(await join(desktop, none)).toMatchObject({
          code: 2,
          err: expect.stringMatching(
            /not an invitation link[^]*Nothing was sent[^]*\[MASQ_INVITATION_INVALID\]/,
          ),
        });
      }
      await expectPaired(invited, desktop);
    },
  );

  it(
    "that was used, withdrawn or is for somebody else finds nobody, and changes nothing",
    PATIENT,
    async () => {
      const [laptop, desktop, late] = [
        await openComputer(service.url),
        await openComputer(service.url),
        await openComputer(service.url),
      ];
      const used = await invite(laptop);
      await expectPaired(used, desktop);
      const withdrawn = await invite(laptop);
      withdrawn.withdraw();
      expect((await withdrawn.ended).code).not.toBe(0);
      const good = await invite(laptop);
      const { syncService } = decodeInvitation(noblePeerPrimitives, good.link);
      const secret = new Uint8Array(32).fill(7);
      const foreign = encodeInvitation(noblePeerPrimitives, { secret, syncService });
      const elsewhere = encodeInvitation(noblePeerPrimitives, {
        secret,
        syncService: "ws://127.0.0.1:9",
      });
      const [toUsed, toWithdrawn, toForeign, toElsewhere] = await Promise.all(
        [used.link, withdrawn.link, foreign, elsewhere].map((link) => join(late, link)),
      );
      for (const outcome of [toUsed, toWithdrawn, toForeign]) expect(outcome).toMatchObject(NOBODY);
      expect(toElsewhere).toMatchObject({
        code: 1,
        err: expect.stringContaining("MASQ_SYNC_SERVICE_UNREACHABLE"),
      });
      expect(await devicesOf(late)).toBe(1);
      expect(await devicesOf(laptop)).toBe(2);
      await expectPaired(good, late);
    },
  );

  it(
    "that has expired is told to both, though the computer slept when its time was over",
    PATIENT,
    async () => {
      const laptop = await openComputer(service.url, sleepsAtSignal(LIFETIME_MS + 1000));
      const desktop = await openComputer(service.url);
      const invited = await invite(laptop);
      process.kill(laptop.pid, "SIGUSR2");
      expect(await join(desktop, invited.link)).toMatchObject({
        code: 1,
        err: BROKEN_OFF,
      });
      expect(await invited.ended).toMatchObject({
        code: 7,
        err: expect.stringMatching(
          /Nothing was changed; make a new one[^]*\[MASQ_INVITATION_EXPIRED\]/,
        ),
      });
      expect([await devicesOf(laptop), await devicesOf(desktop)]).toEqual([1, 1]);
      await expectPaired(await invite(laptop), desktop);
    },
  );

  it("opened where it was made is told to be meant for the other device", PATIENT, async () => {
    const [laptop, desktop] = [await openComputer(service.url), await openComputer(service.url)];
    const forApp = await invite(laptop, "--app", "app:org.example.notes");
    const invited = await invite(laptop);
    for (const { link } of [forApp, invited]) {
      expect(await join(laptop, link)).toMatchObject({
        code: 2,
        err: expect.stringMatching(
          /made on this very device[^]*Nothing was changed[^]*\[MASQ_INVITATION_OWN\]/,
        ),
      });
    }
    expect(await devicesOf(laptop)).toBe(1);
    forApp.withdraw();
    // It stays good for the device it is meant for.
    await expectPaired(invited, desktop);
  });

  it("of another circle is refused by both, and both stay as they are", PATIENT, async () => {
    const [a, b, c, d] = [
      await openComputer(service.url),
      await openComputer(service.url),
      await openComputer(service.url),
      await openComputer(service.url),
    ];
    await pair(a, b);
    await pair(c, d);
    const invited = await invite(a);
    const conflict = {
      code: 7,
      err: expect.stringMatching(
        /Nothing was changed and no data are lost[^]*\[MASQ_CIRCLE_CONFLICT\]/,
      ),
    };
    expect(await join(c, invited.link)).toMatchObject(conflict);
    expect(await invited.ended).toMatchObject(conflict);
    expect([await devicesOf(a), await devicesOf(c)]).toEqual([2, 2]);
  });
});
