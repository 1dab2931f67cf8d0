/** An app that holds its data itself, and the stores of its owner: paired by a link, in a circle of that app alone. */
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { encodeValue, type NamespaceId } from "@masq/core";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { pairStores, startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { appPeer, shows, type AppPeer } from "../support/app-peer.ts";
import { openPeer, pairPeers } from "../support/peers.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { cliFor, killAll, launch, outcomeOf } from "./masq-process.ts";

const APP_ID = "org.example.notes";
const NOTES = `app:${APP_ID}` as NamespaceId;

let service: SyncServiceProcess;
const open: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  service = await startSyncServiceProcess();
});
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.stop();
  killAll();
});
afterAll(() => service.stop());

interface Computer {
  readonly directory: string;
  readonly store: StoreProcess;
  readonly app: MasqClient;
}

const computer = async (): Promise<Computer> => {
  const directory = join(temporaryDirectory(), "store");
  const store = await startStoreProcess({ directory, allow: [APP_ID], syncService: service.url });
  open.push(store);
  const app = await MasqClient.connect({
    app: { name: "Notes", id: APP_ID },
    directory: join(temporaryDirectory(), "app"),
    store: { url: store.url },
    onConsent: () => {},
  });
  open.push({ stop: () => app.close() });
  return { directory, store, app };
};

const phone = async (namespace: NamespaceId = NOTES, services: string[] = []): Promise<AppPeer> => {
  const peer = await appPeer(namespace, services);
  open.push({ stop: async () => peer.membership.close() });
  return peer;
};

/** The link of `masq invite --app`, and how the command ends. */
const inviteApp = async ({ directory }: Computer, app: string = NOTES) => {
  const child = launch(directory, ["invite", "--app", app, "--yes", "--json"]);
  const ended = outcomeOf(child);
  const text = await new Promise<string>((resolve) =>
    child.stdout?.once("data", (line: Buffer) => resolve(line.toString())),
  );
  return { link: (JSON.parse(text) as { link: string }).link, ended };
};

const pairPhone = async (store: Computer, peer: AppPeer): Promise<void> => {
  const { link, ended } = await inviteApp(store);
  await peer.membership.join(link, async () => true).done;
  expect((await ended).code).toBe(0);
};

const write = (peer: AppPeer, key: string, value: unknown) =>
  peer.replica.write([{ key, value: encodeValue(value) }]);

const until = async (app: MasqClient, key: string, value: unknown): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = app.watch({ key }, ([change]) => change?.value === value && resolve());
  if ((await app.get(key)) === value) resolve();
  await promise;
  stop();
};

describe("a phone's app and a store", () => {
  it("hold the same of that app once paired, and each other's changes", async () => {
    const laptop = await computer();
    const peer = await phone();
    await laptop.app.put("from/laptop", 1);
    await write(peer, "from/phone", 2);
    await pairPhone(laptop, peer);
    await shows(peer, "from/laptop", encodeValue(1));
    await until(laptop.app, "from/phone", 2);
    await laptop.app.put("live", "x", { until: "device" });
    await shows(peer, "live", encodeValue("x"));
    await write(peer, "live", "y");
    await until(laptop.app, "live", "y");
    const { devices } = await laptop.app.status();
    expect(devices).toMatchObject([{ connected: true }]);
    const listed = await cliFor(laptop.directory)("devices");
    expect(listed.out).toMatch(new RegExp(`Phone +${NOTES}`));
  });

  it("are known to each other by keys and names of this app alone", async () => {
    const laptop = await computer();
    const [one, other] = [await phone(), await phone("app:org.example.maps" as NamespaceId)];
    await pairPhone(laptop, one);
    const { link } = await inviteApp(laptop, "org.example.maps");
    await other.membership.join(link, async () => true).done;
    const storeIn = ({ membership }: AppPeer) =>
      membership.book.members().find(({ role }) => role === "store");
    const [a, b] = [storeIn(one), storeIn(other)];
    expect([a?.name, b?.name]).toEqual(["Computer", "Computer"]);
    expect(a?.record.id).not.toBe(b?.record.id);
    expect(a?.record.channelKey).not.toEqual(b?.record.channelKey);
    const own = (await cliFor(laptop.directory).json("devices")) as { devices: { id: string }[] };
    expect([a?.record.id, b?.record.id]).not.toContain(own.devices[0]?.id);
  });

  it("go on through another store of the owner when the first is away", async () => {
    const [laptop, desktop] = [await computer(), await computer()];
    await pairStores(laptop.directory, desktop.directory);
    const peer = await phone();
    await pairPhone(laptop, peer);
    await write(peer, "k", "via laptop");
    await until(desktop.app, "k", "via laptop");
    // The desktop has come into the app's circle by itself.
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      const connected = peer.membership.devices().filter(({ isConnected }) => isConnected);
      if (connected.length === 2) resolve();
    };
    peer.membership.onStatus(look);
    look();
    await promise;
    await laptop.store.stop();
    await write(peer, "k", "to the desktop");
    await until(desktop.app, "k", "to the desktop");
    await desktop.app.put("k", "back", { until: "device" });
    await shows(peer, "k", encodeValue("back"));
  });

  it("pair the other way round, by a link the app made", async () => {
    const laptop = await computer();
    const peer = await phone(NOTES, [service.url]);
    await write(peer, "k", 1);
    const invitation = peer.membership.invite(async () => true);
    const code = invitation.text.slice(invitation.text.indexOf("#") + 1);
    const joined = await cliFor(laptop.directory)("join", `masq:${APP_ID}#masq=${code}`, "--yes");
    expect(joined).toMatchObject({ code: 0 });
    await invitation.done;
    await until(laptop.app, "k", 1);
  });
});

describe("a store that joins an app by its link", () => {
  const MAPS_ID = "org.example.maps";
  /** The link of a phone's app whose person answers like this, and the store's try. */
  const tryToJoin = async (directory: string, answer: (peer: AppPeer) => Promise<boolean>) => {
    const peer = await phone(`app:${MAPS_ID}` as NamespaceId, [service.url]);
    const invitation = peer.membership.invite(() => answer(peer));
    invitation.done.catch(() => {});
    const code = invitation.text.slice(invitation.text.indexOf("#") + 1);
    return cliFor(directory)("join", `masq:${MAPS_ID}#masq=${code}`, "--yes");
  };
  const holdsIt = async (directory: string): Promise<boolean> => {
    const { namespaces } = (await cliFor(directory).json("status")) as {
      namespaces: { namespace: string }[];
    };
    return namespaces.some(({ namespace }) => namespace === `app:${MAPS_ID}`);
  };

  it("changes nothing when it fails, here or on the owner's other stores", async () => {
    const [laptop, desktop] = [await computer(), await computer()];
    await pairStores(laptop.directory, desktop.directory);
    const { directory } = laptop;
    const declined = await tryToJoin(directory, async () => false);
    expect(declined).toMatchObject({ code: 7, err: expect.stringContaining("REFUSED") });
    const brokenOff = await tryToJoin(directory, async ({ membership }) => {
      membership.close();
      return true;
    });
    expect(brokenOff.code).not.toBe(0);
    // In step: whatever the one would have told the other is there by now.
    await laptop.app.put("k", 1, { until: "device" });
    for (const one of [laptop, desktop]) expect(await holdsIt(one.directory)).toBe(false);

    const asked = Promise.withResolvers<void>();
    const never = new Promise<boolean>(() => {});
    const cut = tryToJoin(directory, () => {
      asked.resolve();
      return never;
    });
    await asked.promise;
    await laptop.store.kill();
    expect((await cut).code).not.toBe(0);
    open.push(await startStoreProcess({ directory, syncService: service.url }));
    expect(await holdsIt(directory)).toBe(false);
    expect(await tryToJoin(directory, async () => true)).toMatchObject({ code: 0 });
    expect(await holdsIt(directory)).toBe(true);
  });
});

describe("apps that hold their data themselves", () => {
  it("take a store into the circle they made, which then serves its own apps the same", async () => {
    const client = async (): Promise<MasqClient> => {
      const opened = await openPeer(join(temporaryDirectory(), "peer"), service.url);
      open.push({ stop: () => opened.close() });
      return opened;
    };
    const [one, other] = [await client(), await client()];
    await one.put("from/one", 1);
    await pairPeers(one, other);
    const laptop = await computer();
    await laptop.app.put("from/laptop", 2);
    const { link, done } = await one.pairing.invite({ confirm: () => true });
    const joined = await cliFor(laptop.directory)("join", link, "--yes");
    expect(joined).toMatchObject({ code: 0 });
    await done;
    await until(laptop.app, "from/one", 1);
    await until(other, "from/laptop", 2);
    await laptop.app.put("live", "x", { until: 2 });
    expect([await one.get("live"), await other.get("live")]).toEqual(["x", "x"]);
    // From now on it is the store that takes in further ones.
    const late = await client();
    const second = await inviteApp(laptop);
    await late.pairing.accept(second.link, { confirm: () => true });
    expect((await second.ended).code).toBe(0);
    await until(late, "live", "x");
    expect(await late.devices()).toHaveLength(3);
  });
});

describe("an app", () => {
  it("cannot join the circle of stores, and a store's link for another app is not for it", async () => {
    const laptop = await computer();
    const child = launch(laptop.directory, ["invite", "--yes", "--json"]);
    const ended = outcomeOf(child);
    const text = await new Promise<string>((resolve) =>
      child.stdout?.once("data", (line: Buffer) => resolve(line.toString())),
    );
    const { link } = JSON.parse(text) as { link: string };
    const peer = await phone();
    await expect(peer.membership.join(link, async () => true).done).rejects.toMatchObject({
      code: "MASQ_PAIRING_REFUSED",
    });
    expect(await ended).toMatchObject({ code: 7 });
    const other = await inviteApp(laptop, "https://maps.example.org");
    expect(other.link).toMatch(/^https:\/\/maps\.example\.org\/#masq=/);
    await expect(peer.membership.join(other.link, async () => true).done).rejects.toMatchObject({
      code: "MASQ_PAIRING_REFUSED",
    });
    expect((await other.ended).err).toContain("MASQ_PAIRING_REFUSED");
    expect(peer.membership.book.members().length).toBe(1);
  });
});
