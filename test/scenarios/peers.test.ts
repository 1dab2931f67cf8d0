/** Two apps without any store, each with its data in its own process, paired over a real sync service. */
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { collector } from "@masq/core/testing";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { APP_ID, openPeer, pairPeers, whenValue, whenVerified } from "../support/peers.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let service: SyncServiceProcess;
const open = new Set<MasqClient>();
let devices = 0;

beforeAll(async () => {
  service = await startSyncServiceProcess();
});
afterEach(async () => {
  for (const client of open) await client.close();
  open.clear();
});
afterAll(() => service.stop());

interface PeerDevice {
  client: MasqClient;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const device = async (syncService: string | undefined = service.url): Promise<PeerDevice> => {
  devices += 1;
  const directory = join(temporaryDirectory(), `device-${devices}`);
  const start = async (): Promise<MasqClient> => {
    const client = await openPeer(directory, syncService);
    open.add(client);
    return client;
  };
  const own: PeerDevice = {
    client: await start(),
    stop: async () => {
      open.delete(own.client);
      await own.client.close();
    },
    restart: async () => {
      await own.stop();
      own.client = await start();
    },
  };
  return own;
};

const contents = async ({ client }: PeerDevice): Promise<unknown> =>
  (await client.list()).map(({ key, value, version }) => [key, value, version]);

describe("an app that holds its data itself", () => {
  it("is told that its sync service cannot be reached once somebody is to be met there, and when it can again", async () => {
    const own = await startSyncServiceProcess();
    const { client } = await device(own.url);
    await own.kill();
    const told = collector<string | undefined>();
    client.on("status", ({ unreachable }) => told.push(unreachable?.code));
    expect((await client.status()).unreachable).toBeUndefined();
    const invitation = await client.pairing.invite({ confirm: () => true });
    invitation.done.catch(() => {});
    const code = "MASQ_SYNC_SERVICE_UNREACHABLE";
    await told.until((codes) => codes.at(-1) === code, "what is in the way");
    expect((await client.status()).unreachable).toMatchObject({ code });
    const again = await startSyncServiceProcess(own.port);
    onTestFinished(() => again.stop());
    await told.until((codes) => codes.at(-1) === undefined, "that it is over");
    expect((await client.status()).unreachable).toBeUndefined();
    invitation.cancel();
  });
});

describe("two apps that hold their data themselves", () => {
  it("pair by a link, and hold the same from then on, whoever is restarted", async () => {
    const [phone, tablet] = [await device(), await device()];
    expect(phone.client.mode).toBe("peer");
    await phone.client.put("from/phone", { n: 1 });
    const { asked, devices: paired } = await pairPeers(phone.client, tablet.client);
    // The one that is empty may be filled by a yes; both show the same digits.
    expect(asked.map(({ mustType }) => mustType)).toEqual([false, false]);
    expect(new Set(asked.map(({ code }) => code)).size).toBe(1);
    expect(asked[0]?.code).toMatch(/^\d{6}$/);
    expect(paired.map(({ id }) => id?.length)).toEqual([64, 64]);
    await whenValue(tablet.client, "from/phone", (value) => JSON.stringify(value) === '{"n":1}');

    await phone.client.put("live", 1, { until: "device" });
    expect(await tablet.client.get("live")).toBe(1);
    await tablet.client.put("live", 2, { until: 1 });
    expect(await phone.client.get("live")).toBe(2);
    await tablet.client.del("live", { until: "device" });
    expect(await phone.client.get("live")).toBeUndefined();

    const listed = await tablet.client.devices();
    expect(listed).toHaveLength(1);
    expect(listed[0]).toMatchObject({ id: paired[1].id, connected: true });
    expect((await phone.client.status()).mode).toBe("peer");

    await phone.restart();
    await phone.client.put("after", "phone's restart", { until: "device" });
    await tablet.restart();
    await tablet.client.put("after", "tablet's restart", { until: "device" });
    await Promise.all([whenVerified(phone.client), whenVerified(tablet.client)]);
    expect(await contents(phone)).toEqual(await contents(tablet));
  });

  it("keep both of two edits made while the other was away, and tell so on both", async () => {
    const [phone, tablet] = [await device(), await device()];
    await phone.client.put("note", "first");
    await pairPeers(phone.client, tablet.client);
    await whenValue(tablet.client, "note", (value) => value === "first");
    await tablet.stop();
    await phone.client.put("note", "from the phone");
    await phone.stop();
    await tablet.restart();
    await tablet.client.get("note");
    await tablet.client.put("note", "from the tablet");
    await phone.restart();
    await Promise.all([whenVerified(phone.client), whenVerified(tablet.client)]);
    for (const { client } of [phone, tablet]) {
      const values = (await client.conflicts("note")).map(({ value }) => value);
      expect(new Set(values)).toEqual(new Set(["from the phone", "from the tablet"]));
    }
    await phone.client.put("note", "both", { until: "device" });
    expect(await tablet.client.conflicts("note")).toHaveLength(1);
    expect(await contents(phone)).toEqual(await contents(tablet));
  });

  it("with data on both sides pair only by the digits typed, and then keep what both had", async () => {
    const [phone, tablet] = [await device(), await device()];
    await phone.client.put("from/phone", 1);
    await tablet.client.put("from/tablet", 2);
    const careless = await phone.client.pairing.invite({ confirm: () => true });
    const accepted = tablet.client.pairing.accept(careless.link, { confirm: () => true });
    await expect(accepted).rejects.toMatchObject({ code: "MASQ_PAIRING_REFUSED" });
    await expect(careless.done).rejects.toMatchObject({ code: "MASQ_PAIRING_REFUSED" });
    const wrong = await phone.client.pairing.invite({ confirm: () => true });
    const guessed = tablet.client.pairing.accept(wrong.link, {
      confirm: ({ code, mustType }) => {
        expect([code, mustType]).toEqual([undefined, true]);
        return "1234567";
      },
    });
    await expect(guessed).rejects.toMatchObject({ code: "MASQ_PAIRING_REFUSED" });
    await expect(wrong.done).rejects.toMatchObject({ code: "MASQ_PAIRING_REFUSED" });
    expect(await phone.client.devices()).toEqual([]);
    expect(await tablet.client.get("from/phone")).toBeUndefined();

    const { asked } = await pairPeers(phone.client, tablet.client);
    expect(new Set(asked.map(({ mustType }) => mustType))).toEqual(new Set([false, true]));
    await whenValue(tablet.client, "from/phone", (value) => value === 1);
    await whenValue(phone.client, "from/tablet", (value) => value === 2);
  });

  it("without a sync service of its own one adopts that of the link, for good", async () => {
    const phone = await device();
    const directory = join(temporaryDirectory(), "adopting");
    const first = await openPeer(directory, undefined);
    open.add(first);
    await expect(first.pairing.invite({ confirm: () => true })).rejects.toMatchObject({
      code: "MASQ_CONFIG_INVALID",
    });
    await pairPeers(phone.client, first);
    await first.close();
    const again = await openPeer(directory, undefined);
    open.add(again);
    await again.put("k", "v", { until: "device" });
    expect(await phone.client.get("k")).toBe("v");
    await pairPeers(again, (await device()).client);
    expect(await again.devices()).toHaveLength(2);
  });

  it("say what an invitation is: a link, a picture of it, and when it ends", async () => {
    const { client } = await device();
    const invitation = await client.pairing.invite({ confirm: () => true });
    expect(invitation.link).toMatch(/^masq:org\.example\.notes#masq=[\w-]+$/);
    expect(invitation.qr).toMatch(/^<svg[^>]*>.*<\/svg>$/s);
    expect(invitation.expires.getTime()).toBeGreaterThan(Date.now());
    await expect(
      client.pairing.accept(invitation.link, { confirm: () => true }),
    ).rejects.toMatchObject({ code: "MASQ_INVITATION_OWN" });
    invitation.cancel();
    await expect(invitation.done).rejects.toMatchObject({ code: "MASQ_CLOSED" });
    await expect(
      client.pairing.accept("https://example.org/", { confirm: () => true }),
    ).rejects.toMatchObject({ code: "MASQ_INVITATION_INVALID" });
    const given = new AbortController();
    const given2 = await client.pairing.invite({ confirm: () => true, signal: given.signal });
    given.abort();
    await expect(given2.done).rejects.toMatchObject({ code: "MASQ_ABORTED" });
  });
});

describe("where an app's data are", () => {
  it("is the app itself when it names a sync service and no store answers, and stays so", async () => {
    const directory = join(temporaryDirectory(), "auto");
    const options = {
      app: { name: "Notes", id: APP_ID },
      directory,
      // Nothing listens there.
      store: { url: "ws://127.0.0.1:9" },
      onConsent: () => {},
    };
    await expect(MasqClient.connect(options)).rejects.toMatchObject({ code: "MASQ_STORE_ABSENT" });
    const first = await MasqClient.connect({ ...options, syncService: service.url });
    expect(first.mode).toBe("peer");
    await first.put("k", 1);
    await first.close();
    const second = await MasqClient.connect(options);
    expect([second.mode, await second.get("k")]).toEqual(["peer", 1]);
    await second.close();
  });

  it.each([
    { what: "another app's namespace", over: { namespace: "app:org.example.other" } },
    { what: "a sync service in the clear", over: { syncService: "ws://sync.example.org" } },
  ])("is not to be had with $what", async ({ over }) => {
    await expect(
      openPeer(join(temporaryDirectory(), "refused"), undefined, over),
    ).rejects.toMatchObject({ code: "MASQ_OPTION_INVALID" });
  });
});
