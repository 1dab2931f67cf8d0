/** What people are told and asked when two devices pair, and what they call them afterwards. */
import type { NamespaceId } from "@masq/core";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { PairingPeer } from "@masq/core/peer";
import { appPeer } from "../support/app-peer.ts";
import { openComputer, type Computer } from "../support/computers.ts";
import { killAll, launch, outcomeOf } from "./masq-process.ts";

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
