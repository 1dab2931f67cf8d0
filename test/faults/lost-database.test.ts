/** A store whose database is gone or empty says so: it never begins anew over it by itself. */
import { copyFileSync, existsSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { startStore } from "@masq/store";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const DAMAGED = { code: "MASQ_STORAGE_DAMAGED" };

const onceUsed = async (): Promise<{ directory: string; database: string }> => {
  const directory = join(temporaryDirectory(), "store");
  await (await startStore({ directory, port: 0 })).stop();
  return { directory, database: join(directory, "store.db") };
};

describe("a store that has run", () => {
  it("refuses to begin anew where its database is missing", async () => {
    const { directory, database } = await onceUsed();
    rmSync(database);
    await expect(startStore({ directory, port: 0 })).rejects.toMatchObject(DAMAGED);
    expect(existsSync(database)).toBe(false);
  });

  it("refuses an empty file for its database, and leaves a log beside it alone", async () => {
    const { directory, database } = await onceUsed();
    const log = `${database}-wal`;
    copyFileSync(database, log);
    const { size } = statSync(log);
    truncateSync(database, 0);
    await expect(startStore({ directory, port: 0 })).rejects.toMatchObject(DAMAGED);
    expect([statSync(database).size, statSync(log).size]).toEqual([0, size]);
  });

  it("that was stopped by a crash before it had a database begins as if nothing had been", async () => {
    const { directory, database } = await onceUsed();
    for (const file of [database, join(directory, "admin.key")]) rmSync(file);
    const store = await startStore({ directory, port: 0 });
    await store.stop();
    expect(statSync(database).size).toBeGreaterThan(0);
  });

  it("keeps its settings when another start of it is refused", async () => {
    const directory = join(temporaryDirectory(), "store");
    const store = await startStore({ directory, port: 0 });
    const syncService = "wss://sync.example.org";
    await expect(startStore({ directory, port: 0, syncService })).rejects.toMatchObject({
      code: "MASQ_STORAGE_LOCKED",
    });
    await store.stop();
    const again = await startStore({ directory, port: 0 });
    expect(again.syncService).toBeUndefined();
    await again.stop();
  });
});
