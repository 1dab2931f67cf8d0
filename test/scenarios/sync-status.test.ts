/** What the command line tells of synchronisation: where devices meet, what is shared, and what goes wrong. */
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { NAMESPACE, openComputer, pair, until, verified } from "../support/computers.ts";
import { killAll, launch, outcomeOf, said } from "./masq-process.ts";

const MAPS = "https://maps.example.org";

let service: SyncServiceProcess;

beforeAll(async () => {
  service = await startSyncServiceProcess();
});
afterEach(killAll);
afterAll(() => service.stop());

interface Status {
  readonly syncServices: unknown;
  readonly sharing: string;
  readonly devices: readonly { readonly id: string; readonly name: string }[];
  readonly namespaces: readonly { readonly namespace: string; readonly sharing: string }[];
}

describe("masq sync status", () => {
  it("names the sync service before there is anybody to meet, and doctor tries it", async () => {
    const alone = await openComputer(service.url);
    const { syncServices } = (await alone.cli.json("sync", "status")) as Status;
    expect(syncServices).toEqual([{ url: service.url, state: "unused", error: null }]);
    const { out } = await alone.cli("sync", "status");
    expect(out).toContain(`Sync service ${service.url}: set, not used yet`);
    expect((await alone.cli("doctor")).out).toContain(`sync service: ${service.url} answers`);
    const open = await alone.cli("config", "set", "sync-service", "ws://example.org");
    expect(open).toMatchObject({
      code: 2,
      err: expect.stringContaining("ws://… for one on this computer only"),
    });
    const unreachable = "ws://127.0.0.1:9";
    await alone.cli("config", "set", "sync-service", unreachable);
    const findings = (await alone.cli.json("doctor")) as { check: string }[];
    expect(findings.filter(({ check }) => check === "sync service")).toMatchObject([
      { mark: "warn", text: expect.stringContaining(`${unreachable} cannot be used. The sync`) },
    ]);
    expect(findings).toContainEqual({ check: "devices", mark: "ok", text: "this is the only one" });
  });

  it("lists what is shared, what is not and with whom, in the order in which it counts", async () => {
    const [laptop, desktop] = [await openComputer(service.url), await openComputer(service.url)];
    await pair(laptop, desktop);
    await laptop.app.put("k", 1, { until: "device" });
    await until(laptop, verified);
    const status = async (): Promise<Status> => (await laptop.cli.json("sync", "status")) as Status;
    const [, other] = (await status()).devices as [unknown, { id: string }];

    expect(await laptop.cli("sync", "off", NAMESPACE)).toMatchObject({ code: 0, err: "" });
    const waiting = launch(laptop.directory, ["data", "put", NAMESPACE, "k", "2", "--until", "1"]);
    const held = outcomeOf(waiting);
    await said(waiting, "Sharing of app:org.example.notes is off, so too few devices get it");
    await laptop.cli("sync", "on", NAMESPACE);
    expect(await held).toMatchObject({ code: 0 });
    await laptop.cli("sync", "off", NAMESPACE);
    const alone = await laptop.cli("sync", "on", NAMESPACE, "--device", other.id);
    expect(alone.err).toContain("It is off for all your computers but that one, this one too");
    const paused = await laptop.cli("sync", "pause", MAPS);
    expect(paused).toMatchObject({ code: 0, err: expect.stringContaining("no data of it yet") });
    await laptop.cli("sync", "off", "--default");
    const exceptions = [{ device: other.id, sharing: "on" }];
    expect(await status()).toMatchObject({
      sharing: "off",
      namespaces: [
        { namespace: NAMESPACE, sharing: "off", exceptions },
        { namespace: MAPS, sharing: "paused", exceptions: [] },
      ],
    });
    const { out } = await laptop.cli("sync", "status");
    expect(out).toContain("All of it is about what is shared");
    expect(out).toMatch(/app:org\.example\.notes +off, on for “/);
    expect(out).toMatch(/maps\.example\.org +paused\n/);
    expect(out).toContain("Any other app's data are shared: off");
    const entry = '{"key":"k","value":1}\n';
    await laptop.cli.withInput(entry, "data", "import", "org.example.new", "-", "--create");
    expect((await status()).namespaces).toContainEqual({
      namespace: "app:org.example.new",
      sharing: "off",
      exceptions: [],
    });
    await laptop.cli("sync", "on", "--default");
    expect((await status()).sharing).toBe("on");
    for (const wrong of [["off"], ["off", "--default", NAMESPACE]])
      expect(await laptop.cli("sync", ...wrong)).toMatchObject({ code: 2 });
    expect((await laptop.cli("doctor")).out).toContain("devices: 1 other one, 1 connected now");
  });
});
