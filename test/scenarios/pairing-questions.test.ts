/** What people are told and asked when two devices pair, and what they call them afterwards. */
import type { ChildProcess } from "node:child_process";
import type { NamespaceId } from "@masq/core";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { PairingPeer } from "@masq/core/peer";
import { appPeer } from "../support/app-peer.ts";
import { openComputer, type Computer } from "../support/computers.ts";
import { killAll, launch, outcomeOf, said } from "./masq-process.ts";

const APP = "app:org.example.notes" as NamespaceId;

let service: SyncServiceProcess;

beforeAll(async () => {
  service = await startSyncServiceProcess();
});
afterEach(killAll);
afterAll(() => service.stop());

const invite = async ({ directory }: Computer, ...args: readonly string[]) => {
  const child = launch(directory, ["invite", "--yes", ...args]);
  const link = new Promise<string>((resolve) =>
    child.stdout?.once("data", (text: Buffer) => resolve(text.toString().trim())),
  );
  const ended = outcomeOf(child);
  return { link: await link, ended };
};

interface Devices {
  readonly devices: readonly { readonly id: string; readonly name: string }[];
  readonly apps: readonly { readonly id: string; readonly name: string }[];
}

const devicesOf = async ({ cli }: Computer): Promise<Devices> =>
  (await cli.json("devices")) as Devices;

describe("two stores", () => {
  it("go by their newest names, and those with one name are told apart", async () => {
    const [laptop, desktop] = [await openComputer(service.url), await openComputer(service.url)];
    const { devices } = await devicesOf(laptop);
    const { id, name } = devices[0] as { id: string; name: string };
    expect((await laptop.cli("devices", "rename", id.slice(0, 3), "x")).code).toBe(4);
    await laptop.cli("devices", "rename", id.slice(0, 4), "The attic");
    const renamed = await invite(laptop);
    const declined = await desktop.cli.withInput("nothing", "join");
    expect(declined).toMatchObject({ code: 2, err: expect.stringContaining("no terminal") });
    const joined = await desktop.cli.withInput(renamed.link, "join", "-", "--yes");
    expect(joined.err).toContain("“The attic” is there.");
    expect(joined.err).not.toContain("with this name already");
    expect((await renamed.ended).err).toContain(`“${name}” is there.`);

    const third = await openComputer(service.url);
    const same = await invite(desktop);
    await third.cli.withInput(same.link, "join", "-", "--yes");
    const { err } = await same.ended;
    const own = (await devicesOf(third)).devices[0]?.id.slice(0, 8);
    expect(err).toContain("It has the same name as this one.");
    expect(err).toContain(`devices rename ${own} <name>`);
    expect((await desktop.cli("sync", "status")).out).toContain(`${name} (${own})`);
    const again = await desktop.cli("devices", "rename", own as string, "The attic");
    expect(again).toMatchObject({ code: 0, err: expect.stringContaining("has the same name") });
  });
});

describe("an invitation", () => {
  it("tells that its sync service cannot be used, why, and when it can again", async () => {
    const own = await startSyncServiceProcess();
    const laptop = await openComputer(own.url);
    await own.kill();
    const [told, asJson] = [["--yes"], ["--yes", "--json"]].map((args) =>
      launch(laptop.directory, ["invite", ...args]),
    ) as [ChildProcess, ChildProcess];
    await Promise.all([
      said(told, `${own.url} is not connected, so nobody can join yet`),
      said(asJson, '"error":"The sync service does not answer.'),
    ]);
    const again = await startSyncServiceProcess(own.port);
    onTestFinished(() => again.stop());
    await Promise.all([
      said(told, `${own.url} is connected again`),
      said(asJson, '"state":"connected","error":null'),
    ]);
  });

  it("that is looked for tells the same of its sync service", async () => {
    const own = await startSyncServiceProcess();
    const [laptop, desktop] = [await openComputer(own.url), await openComputer()];
    const { link, ended } = await invite(laptop);
    await own.kill();
    const joining = launch(desktop.directory, ["join", link, "--yes"]);
    const joined = outcomeOf(joining);
    await said(joining, `${own.url} is not connected, so the other device cannot be met yet`);
    const again = await startSyncServiceProcess(own.port);
    onTestFinished(() => again.stop());
    expect((await joined).code).toBe(0);
    expect((await ended).code).toBe(0);
  });

  it("cannot be made without a sync service, nor before the store has taken it up", async () => {
    const laptop = await openComputer();
    const unset = await laptop.cli("invite", "--yes");
    expect(unset.err).toContain("none is set here. Set one: masq config set sync-service");
    await laptop.cli("config", "set", "sync-service", service.url);
    expect(await laptop.cli("invite", "--yes")).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${service.url}: set, but not taken up yet. Start the store`),
    });
    expect((await laptop.cli("sync", "status")).out).toContain("set, but not taken up yet");
  });

  it("is not looked for where none was given", async () => {
    const { cli } = await openComputer();
    expect(await cli.withInput("\n", "join", "-", "--yes")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/No link was given. Nothing was done. .MASQ_OPTION_INVALID/),
    });
    expect((await cli("join", "nothing", "--yes")).err).toContain("MASQ_INVITATION_INVALID");
  });
});

describe("a store and an app that holds its data itself", () => {
  it("say what they are and what of, and the app's device can be given a name", async () => {
    const laptop = await openComputer(service.url);
    const phone = await appPeer(APP);
    onTestFinished(() => phone.membership.close());
    const { link, ended } = await invite(laptop, "--app", APP);
    const asked: PairingPeer[] = [];
    await phone.membership.join(link, async (peer) => asked.push(peer) > 0).done;
    expect(asked).toMatchObject([{ name: "Computer", role: "store", scope: APP }]);
    expect((await ended).out).toContain("what both have of org.example.notes");
    const { apps } = await devicesOf(laptop);
    const id = apps[0]?.id ?? "";
    expect(await laptop.cli("devices", "rename", id.slice(0, 8), "Anna's")).toMatchObject({
      code: 0,
    });
    expect((await devicesOf(laptop)).apps).toMatchObject([{ id, name: "Anna's" }]);
  });
});
