/** A sync service that serves only devices with its access token: stores and apps that have it, and nobody else. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSetting } from "../../packages/store/src/config.ts";
import { startStore } from "@masq/store";
import { pairStores } from "@masq/store/testing";
import { startSyncService, type SyncService } from "@masq/sync-service";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openPeer, pairPeers } from "../support/peers.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const TOKEN = "open sesame, and nobody else";

let service: SyncService;
let syncService: string;
beforeAll(async () => {
  service = await startSyncService({ port: 0, accessToken: Buffer.from(TOKEN) });
  syncService = `ws://127.0.0.1:${service.port}`;
});
afterAll(() => service.stop());

const tokenFile = (mode = 0o600): string => {
  const file = join(temporaryDirectory(), "token");
  writeFileSync(file, `${TOKEN}\n`);
  chmodSync(file, mode);
  return file;
};

const store = async (syncServiceTokenFile?: string): Promise<string> => {
  const directory = join(temporaryDirectory(), "store");
  const running = await startStore({ directory, port: 0, syncService, syncServiceTokenFile });
  onTestFinished(() => running.stop());
  return directory;
};

describe("a sync service with an access token", () => {
  it("serves stores that were given it in a file, which nothing else of theirs shows", async () => {
    const [one, other] = [await store(tokenFile()), await store(tokenFile())];
    await pairStores(one, other);
    for (const name of readdirSync(one))
      expect(readFileSync(join(one, name)).includes(TOKEN), name).toBe(false);
  });

  it("serves apps that hold their data themselves and have it, and no others", async () => {
    const app = async (syncServiceToken: string | undefined) => {
      const directory = join(temporaryDirectory(), "app");
      const client = await openPeer(directory, syncService, { syncServiceToken });
      onTestFinished(() => client.close());
      return client;
    };
    const [phone, tablet, stranger] = [await app(TOKEN), await app(TOKEN), await app(undefined)];
    await pairPeers(phone, tablet);
    const invitation = await phone.pairing.invite({ confirm: () => true });
    void invitation.done.catch(() => {});
    await expect(
      stranger.pairing.accept(invitation.link, { confirm: () => true }),
    ).rejects.toMatchObject({ code: "MASQ_SYNC_SERVICE_REFUSED" });
    await expect(app("")).rejects.toMatchObject({ code: "MASQ_OPTION_INVALID" });
  });

  it("is not shown a token that others can read, and a store says so at its start", async () => {
    if (process.platform === "win32") return;
    await expect(store(tokenFile(0o644))).rejects.toMatchObject({
      code: "MASQ_CONFIG_INVALID",
      message: expect.stringContaining("mode 0600") as string,
    });
    await expect(store("/nowhere/at/all")).rejects.toMatchObject({ code: "MASQ_CONFIG_INVALID" });
  });

  it("is the only one: with another service the setting is gone", async () => {
    const file = join(temporaryDirectory(), "config.json");
    const setting = (): unknown => JSON.parse(readFileSync(file, "utf8")) as unknown;
    const [first, token] = ["wss://one.example.org", "/etc/masq/token"];
    await expect(writeSetting(file, "sync-service-token-file", token)).rejects.toMatchObject({
      code: "MASQ_CONFIG_INVALID",
    });
    await writeSetting(file, "sync-service", first);
    await writeSetting(file, "sync-service-token-file", token);
    await writeSetting(file, "sync-service", first);
    expect(setting()).toEqual({ syncService: first, syncServiceTokenFile: token });
    await writeSetting(file, "sync-service", "wss://two.example.org");
    expect(setting()).toEqual({ syncService: "wss://two.example.org" });
  });
});
