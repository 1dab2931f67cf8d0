/** The store is put back to an earlier state while apps use it: for them it holds other data from then on. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { MasqClient, type Entry, type Status } from "@masq/client";
import { collector, type Collector } from "@masq/core/testing";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { startBetween } from "../support/between.ts";
import { codeOf, within } from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const APP_ID = "org.example.restored";
const directory = temporaryDirectory();

let worlds = 0;

/** A store of its own for one test, with a backup that can be taken and put back. */
const newWorld = async () => {
  worlds += 1;
  const data = join(directory, `store-${worlds}`);
  const backup = join(directory, `backup-${worlds}`);
  let store: StoreProcess = await startStoreProcess({ directory: data, allow: [APP_ID] });
  const restart = async (change: () => void): Promise<void> => {
    const { port } = store;
    await store.stop();
    change();
    store = await startStoreProcess({ directory: data, port, allow: [APP_ID] });
  };
  onTestFinished(() => store.stop());
  return {
    port: store.port,
    connect: async (name: string, url = store.url): Promise<MasqClient> => {
      const client = await MasqClient.connect({
        app: { name, id: APP_ID },
        directory: join(directory, `${name}-${worlds}`),
        store: { url },
        onConsent: () => {},
      });
      onTestFinished(() => client.close());
      return client;
    },
    takeBackup: () => restart(() => cpSync(data, backup, { recursive: true })),
    // Into the files that are there: in others the store would see for itself that it is a copy.
    putBack: () => restart(() => cpSync(backup, data, { recursive: true })),
  };
};

const back = (client: MasqClient): Promise<Status> =>
  within(
    30_000,
    "a connection",
    new Promise((resolve) => {
      let wasAway = false;
      const stop = client.on("status", (status) => {
        wasAway ||= !status.connected;
        // News of other devices tell that it is connected, too, before it has gone.
        if (!wasAway || !status.connected) return;
        stop();
        resolve(status);
      });
    }),
  );

const valuesOf = (seen: Collector<Entry>): Map<string, unknown> =>
  new Map(seen.items.map(({ key, value }) => [key, value]));

const follow = async (client: MasqClient): Promise<Collector<Entry>> => {
  const seen = collector<Entry>();
  // Connected, so that the watch begins with what comes from now on.
  await client.get("w/none");
  client.watch("w/", (changes) => changes.forEach((change) => seen.push(change)));
  // Answered behind the watch, which therefore stands.
  await client.get("w/none");
  return seen;
};

describe("a store put back to an earlier state", () => {
  it("tells a watch everything again, and what is new", async () => {
    const world = await newWorld();
    const [watcher, writer] = [await world.connect("watcher"), await world.connect("writer")];
    const seen = await follow(watcher);
    for (let index = 0; index < 3; index += 1) await writer.put(`w/${index}`, "kept");
    await world.takeBackup();
    for (let index = 3; index < 30; index += 1) await writer.put(`w/${index}`, "lost");
    await seen.until((items) => items.length >= 30, "thirty changes");
    const before = seen.items.length;
    const [watcherBack, writerBack] = [back(watcher), back(writer)];
    await world.putBack();
    await Promise.all([watcherBack, writerBack]);
    await writer.put("w/new", "new");
    await seen.until((items) => items.length >= before + 4, "everything again");
    const again = new Map(seen.items.slice(before).map(({ key, value }) => [key, value]));
    expect(Object.fromEntries(again)).toEqual({
      "w/0": "kept",
      "w/1": "kept",
      "w/2": "kept",
      "w/new": "new",
    });
  });

  it("tells it, too, when the watch was made late and nothing has changed since", async () => {
    const world = await newWorld();
    const [watcher, writer] = [await world.connect("watcher"), await world.connect("writer")];
    await writer.put("w/0", "kept");
    await world.takeBackup();
    for (let index = 1; index < 30; index += 1) await writer.put(`w/${index}`, "lost");
    const seen = await follow(watcher);
    const [watcherBack, writerBack] = [back(watcher), back(writer)];
    await world.putBack();
    await Promise.all([watcherBack, writerBack]);
    await writer.put("w/new", "new");
    await seen.until((items) => items.some(({ key }) => key === "w/new"), "what is new");
    expect(Object.fromEntries(valuesOf(seen))).toEqual({ "w/0": "kept", "w/new": "new" });
  });

  it("is not sent again a write whose answer was lost with what came after the backup", async () => {
    const world = await newWorld();
    let isMute = false;
    const between = await startBetween(world.port, () => (isMute ? "hold" : "pass"));
    const client = await world.connect("muted", between.url);
    await client.put("k", "kept");
    await world.takeBackup();
    for (let index = 0; index < 5; index += 1) await client.put("k", `lost ${index}`);
    isMute = true;
    const write = codeOf(client.put("k", "of the lost time"));
    const here = await world.connect("witness");
    const seen = collector<unknown>();
    here.watch({ key: "k" }, ([change]) => seen.push(change?.value));
    seen.push(await here.get("k"));
    await seen.until((values) => values.includes("of the lost time"), "the write to arrive");
    isMute = false;
    await world.putBack();
    expect(await write).toBe("MASQ_OUTCOME_UNKNOWN");
    expect(await client.get("k")).toBe("kept");
  });

  it("keeps an edit beside that of an app that has seen another one under the same name", async () => {
    const world = await newWorld();
    const [reader, other] = [await world.connect("reader"), await world.connect("other")];
    await reader.put("k", "old");
    await world.takeBackup();
    await reader.put("else", 1);
    const lost = await reader.put("k", "lost");
    await other.get("else/none");
    const [readerBack, otherBack] = [back(reader), back(other)];
    await world.putBack();
    await Promise.all([readerBack, otherBack]);
    await other.put("else", 2);
    // The very version that the first app has seen with other content.
    expect(await other.put("k", "edit of the other")).toBe(lost);
    await reader.put("k", "form of the first");
    const values = (await reader.conflicts("k")).map(({ value }) => value);
    expect(values.map(String).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "edit of the other",
      "form of the first",
    ]);
  });
});
