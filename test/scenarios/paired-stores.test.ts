/** Two and three real stores of one owner, paired on the command line, over a real sync service. */
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  contents,
  NAMESPACE,
  openComputer,
  pair,
  seen,
  until,
  verified,
  type Computer,
} from "../support/computers.ts";
import { killAll, launch, outcomeOf } from "./masq-process.ts";

let service: SyncServiceProcess;

beforeAll(async () => {
  service = await startSyncServiceProcess();
});
afterEach(killAll);
afterAll(() => service.stop());

const computer = (): Promise<Computer> => openComputer(service.url);

describe("two stores of one owner", () => {
  it("hold the same once they are paired, and each other's changes from then on", async () => {
    const [laptop, desktop] = [await computer(), await computer()];
    await laptop.app.put("from/laptop", { n: 1 });
    await desktop.app.put("from/desktop", { n: 2 });
    await pair(laptop, desktop);
    await seen(desktop, "from/laptop", { n: 1 });
    await seen(laptop, "from/desktop", { n: 2 });
    await laptop.app.put("live", "one", { until: "device" });
    expect(await desktop.app.get("live")).toBe("one");
    await desktop.app.del("live", { until: 1 });
    expect(await laptop.app.get("live")).toBeUndefined();
    await laptop.app.batch([{ op: "put", key: "a", value: 1 }], { until: "device" });
    await Promise.all([until(laptop, verified), until(desktop, verified)]);
    expect(await contents(laptop)).toEqual(await contents(desktop));
  });

  it("say on the command line who they are and how far", async () => {
    const [laptop, desktop] = [await computer(), await computer()];
    const invited = outcomeOf(launch(laptop.directory, ["invite", "--yes"]));
    // Its link is its first line.
    const again = await laptop.cli("join", "nonsense", "--yes");
    expect(again.code).toBe(2);
    expect(again.err).toContain("MASQ_INVITATION_INVALID");
    const child = launch(laptop.directory, ["invite", "--yes", "--json"]);
    const ended = outcomeOf(child);
    const line = await new Promise<string>((resolve) =>
      child.stdout?.once("data", (text: Buffer) => resolve(text.toString())),
    );
    const { link } = JSON.parse(line) as { link: string };
    const joined = await desktop.cli.withInput(link, "join", "-", "--yes");
    expect(joined).toMatchObject({ code: 0, out: expect.stringContaining("Paired with") });
    expect((await ended).out).toContain('"paired"');
    await laptop.app.put("k", 1, { until: "device" });
    await until(laptop, verified);

    const { devices } = (await desktop.cli.json("devices")) as { devices: { id: string }[] };
    const [, { id }] = devices as [unknown, { id: string }];
    expect(await laptop.cli("devices", "rename", id.slice(0, 8), "The attic")).toMatchObject({
      code: 0,
    });
    expect(await laptop.cli("devices")).toMatchObject({
      out: expect.stringMatching(/The attic \(this one\)/),
    });
    expect((await laptop.cli("devices", "rename", "nobody", "x")).code).toBe(4);
    expect((await laptop.cli("devices", "rename", "The attic", " x")).code).toBe(2);
    const status = await laptop.cli("sync", "status");
    expect(status.out).toContain(`Sync service ${service.url}: connected`);
    expect(status.out).toMatch(/now +0 +0 +verified since/);
    expect(status.out).toContain(NAMESPACE);
    expect((await laptop.cli("data", "put", NAMESPACE, "k", "2", "--until", "1")).out).toContain(
      "here and on 1 other device",
    );
    expect((await laptop.cli("data", "put", NAMESPACE, "k", "2", "--until", "2")).code).toBe(2);
    // The first invitation was never taken up.
    killAll();
    await invited;
  });

  it("keep what both changed apart, and settle it on both", async () => {
    const [laptop, desktop] = [await computer(), await computer()];
    await pair(laptop, desktop);
    await laptop.app.put("k", "first", { until: "device" });
    await desktop.app.get("k");
    await laptop.cli("sync", "pause", NAMESPACE);
    await until(laptop, ([device]) => device?.toSend === undefined);
    await laptop.app.put("k", "laptop");
    await desktop.app.put("k", "desktop");
    await laptop.cli("sync", "on", NAMESPACE);
    await Promise.all([until(laptop, verified), until(desktop, verified)]);
    const values = (await laptop.app.conflicts("k")).map(({ value }) => value);
    expect(new Set(values)).toEqual(new Set(["desktop", "laptop"]));
    expect(await contents(laptop)).toEqual(await contents(desktop));
    await laptop.app.put("k", "both", { until: "device" });
    expect((await desktop.app.getEntry("k"))?.conflict).toBe(false);
  });

  it("share what the owner lets them share, and nothing is deleted by sharing less", async () => {
    const [laptop, desktop] = [await computer(), await computer()];
    await pair(laptop, desktop);
    await laptop.app.put("k", 1, { until: "device" });
    await desktop.cli("sync", "off", NAMESPACE);
    await until(laptop, ([device]) => device?.connected === true && device.toSend === undefined);
    await laptop.app.put("k", 2);
    await desktop.app.put("other", 3);
    expect(await desktop.app.get("k")).toBe(1);
    expect(await laptop.app.get("other")).toBeUndefined();
    await laptop.cli("sync", "on", NAMESPACE);
    await seen(desktop, "k", 2);
    await seen(laptop, "other", 3);
  });

  it("come together again after either was stopped, and after the sync service was", async () => {
    const [laptop, desktop] = [await computer(), await computer()];
    await pair(laptop, desktop);
    await laptop.app.put("k", 1, { until: "device" });
    await desktop.stop();
    await laptop.app.put("k", 2);
    await desktop.start();
    await seen(desktop, "k", 2);
    const { port } = service;
    await service.kill();
    await laptop.app.put("k", 3);
    service = await startSyncServiceProcess(port);
    await seen(desktop, "k", 3);
  });

  it("meet without having been told of a sync service: the link names it", async () => {
    const [laptop, desktop] = [await computer(), await openComputer()];
    const refused = await desktop.cli("invite", "--yes");
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("sync service") });
    await pair(laptop, desktop);
    await laptop.app.put("k", 1, { until: "device" });
    expect(await desktop.cli.json("config", "get", "sync-service")).toEqual({
      "sync-service": service.url,
    });
  });

  it("give a device that lost its disk everything back, and lose nothing by it", async () => {
    const [laptop, desktop] = [await computer(), await computer()];
    await pair(laptop, desktop);
    const operations = Array.from({ length: 500 }, (_, index) => ({
      op: "put" as const,
      key: `k/${index}`,
      value: { index },
    }));
    await laptop.app.batch(operations, { until: "device" });
    await desktop.kill();
    const fresh = await computer();
    await pair(laptop, fresh);
    await until(fresh, (devices) =>
      devices.some(({ verifiedSince }) => verifiedSince !== undefined),
    );
    expect(await contents(fresh)).toEqual(await contents(laptop));
    expect((await laptop.app.list()).length).toBe(500);
  });
});

describe("three stores of one owner", () => {
  it("of which two never meet, agree through the third, and know of each other", async () => {
    const [home, phone, work] = [await computer(), await computer(), await computer()];
    await pair(phone, home);
    await pair(phone, work);
    expect((await work.app.status()).devices.length).toBe(2);
    await work.stop();
    await home.app.put("k", "from home", { until: 1 });
    await home.stop();
    await work.start();
    await seen(work, "k", "from home");
    await work.app.put("k", "from work", { until: 1 });
    await work.stop();
    await home.start();
    await seen(home, "k", "from work");
  });

  it("become known to all by pairing with one of them, and connect directly", async () => {
    const [a, b, c] = [await computer(), await computer(), await computer()];
    await pair(a, b);
    await pair(b, c);
    await until(
      a,
      (devices) => devices.length === 2 && devices.every(({ connected }) => connected),
    );
    await b.stop();
    await a.app.put("k", 1, { until: 1 });
    expect(await c.app.get("k")).toBe(1);
    await c.app.put("k", 2, { until: 1 });
    expect(await a.app.get("k")).toBe(2);
  });
});
