import { copyFileSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Replica, type NamespaceId } from "@masq/core";
import { afterAll, expect, it } from "vitest";
import { nodeHost } from "../node-host.ts";
import { succeedIfCopied } from "./copied-file.ts";
import { openSqliteStorage } from "./sqlite-storage.ts";

const directory = mkdtempSync(join(tmpdir(), "masq-copied-"));
afterAll(() => rmSync(directory, { recursive: true }));

const file = join(directory, "store.db");
const namespace = "app:org.example.notes" as NamespaceId;

/** Opens the file as a start would; resolves to whether the ids are new, and the one there is then. */
const start = async (): Promise<readonly [boolean, string]> => {
  const storage = await openSqliteStorage({ file, key: new Uint8Array(32).fill(3) });
  try {
    const isCopied = await succeedIfCopied(nodeHost, storage, { file, namespace });
    const replica = await Replica.open(nodeHost, storage, namespace);
    await replica.write([{ key: "k", value: Uint8Array.of(1) }]);
    return [isCopied, replica.id];
  } finally {
    await storage.close();
  }
};

const copy = (): void => {
  copyFileSync(file, `${file}-copy`);
  rmSync(file);
  renameSync(`${file}-copy`, file);
};

it("a database in another file goes on under a new id, one in the same under the same", async () => {
  const [, first] = await start();
  expect(await start()).toEqual([false, first]);
  copy();
  const [isCopied, second] = await start();
  expect([isCopied, second === first]).toEqual([true, false]);
  expect(await start()).toEqual([false, second]);
});

it("where files are another each time, ids are not used up", async () => {
  const copied: boolean[] = [];
  for (let time = 0; time < 6; time += 1) {
    copy();
    copied.push((await start())[0]);
  }
  expect(copied).toEqual([true, true, true, false, false, false]);
  await start();
  copy();
  expect((await start())[0]).toBe(true);
});
