/** Two stores started at once on a fresh directory: one runs, and what it keeps can be read again. */
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MasqError } from "@masq/core";
import { startStore } from "@masq/store";
import { startStoreProcess } from "@masq/store/testing";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";

it("of several first starts one wins and its data stay readable", async () => {
  const root = temporaryDirectory();
  for (let round = 0; round < 4; round += 1) {
    const directory = join(root, `store-${round}`);
    const starts = await Promise.allSettled(
      Array.from({ length: 3 }, () => startStoreProcess({ directory })),
    );
    const running = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
    expect(running.length).toBeLessThanOrEqual(1);
    for (const store of running) await store.stop();
    const again = await startStore({ directory, port: 0 });
    await again.stop();
    rmSync(directory, { recursive: true });
  }
});

it("a directory of other files that is open to others is left alone", async () => {
  const directory = join(temporaryDirectory(), "photos");
  mkdirSync(directory, { mode: 0o755 });
  writeFileSync(join(directory, "holiday.jpg"), "");
  await expect(startStore({ directory, port: 0 })).rejects.toMatchObject({
    code: "MASQ_DIRECTORY_INVALID",
  } satisfies Partial<MasqError>);
  expect(statSync(directory).mode & 0o777).toBe(0o755);
  expect(existsSync(join(directory, "store.key"))).toBe(false);
});
