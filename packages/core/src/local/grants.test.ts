import { beforeEach, describe, expect, it } from "vitest";
import type { NamespaceId } from "../data/ids.ts";
import type { Storage } from "../storage.ts";
import { rejectsCode } from "../testing/expect.ts";
import { failingStorage, type FailingStorage } from "../testing/failing-storage.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { testHost } from "../testing/test-host.ts";
import { Grants } from "./grants.ts";

const MAPS = "https://maps.example.org" as NamespaceId;
const NOTES = "app:org.example.notes" as NamespaceId;
const HOUR_MS = 60 * 60 * 1000;

describe("grants", () => {
  const clock = manualClock();
  const host = testHost({ seed: 6, clock });
  const request = (namespaces: readonly NamespaceId[] = [MAPS]) => ({
    name: "Maps",
    namespaces,
    publicKey: host.random(32),
  });
  let storage: FailingStorage;
  let grants: Grants;
  const reopen = (on: Storage = storage): Promise<Grants> => Grants.open(host, on);

  beforeEach(async () => {
    storage = failingStorage();
    grants = await reopen();
  });

  it("are kept with their keys and found again after a restart", async () => {
    const asked = request();
    const id = await grants.allow(MAPS, asked);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    for (const each of [grants, await reopen()]) {
      expect(each.find(id)).toEqual({
        grant: each.list()[0],
        key: {
          id,
          publicKey: asked.publicKey,
          added: clock.now(),
          lastUsed: clock.now(),
          revoked: false,
        },
      });
      expect(
        each.list().map(({ identity, name, namespaces }) => [identity, name, namespaces]),
      ).toEqual([[MAPS, "Maps", [MAPS]]]);
      expect(each.find("0".repeat(32))).toBeUndefined();
    }
  });

  it("add a key for each browser profile and join what was allowed before", async () => {
    const first = await grants.allow(MAPS, request([MAPS]));
    const second = await grants.allow(MAPS, request([MAPS, NOTES]));
    await grants.allow(NOTES, request([NOTES]));
    expect(grants.list().map(({ identity }) => identity)).toEqual([NOTES, MAPS]);
    const grant = grants.find(first)?.grant;
    expect(grant?.namespaces).toEqual([MAPS, NOTES]);
    expect(grant?.keys.map(({ id }) => id)).toEqual([first, second]);
  });

  it("that are revoked lose every key, remember them, and give nothing to a later grant", async () => {
    const id = await grants.allow(MAPS, request([MAPS, NOTES]));
    await grants.revoke(MAPS);
    for (const each of [grants, await reopen()]) {
      expect(each.list()).toEqual([]);
      expect(each.find(id)?.key.revoked).toBe(true);
      await rejectsCode(each.revoke(MAPS), "MASQ_NOT_FOUND");
    }
    const again = await grants.allow(MAPS, request([MAPS]));
    expect(grants.find(again)?.grant.namespaces).toEqual([MAPS]);
    expect([grants.find(id)?.key.revoked, grants.find(again)?.key.revoked]).toEqual([true, false]);
    await rejectsCode(grants.revoke("https://other.example.org"), "MASQ_NOT_FOUND");
  });

  it("note the last use of a key at most once an hour", async () => {
    const id = await grants.allow(MAPS, request());
    const added = clock.now();
    clock.advance(HOUR_MS - 1);
    await grants.touch(id);
    expect(grants.find(id)?.key.lastUsed).toBe(added);
    clock.advance(1);
    await grants.touch(id);
    expect((await reopen()).find(id)?.key.lastUsed).toBe(added + HOUR_MS);
    await grants.touch("unknown");
  });

  it("that could not be kept are not given", async () => {
    storage.failNext(1);
    await rejectsCode(grants.allow(MAPS, request()), "MASQ_STORAGE_FULL");
    expect(grants.list()).toEqual([]);
    const id = await grants.allow(MAPS, request());
    storage.failNext(1);
    await rejectsCode(grants.revoke(MAPS), "MASQ_STORAGE_FULL");
    expect(grants.find(id)?.key.revoked, "the person was told that it failed").toBe(false);
  });

  it("asked for at once by two windows of one app keep both keys", async () => {
    const ids = await Promise.all([
      grants.allow(MAPS, request()),
      grants.allow(MAPS, request([NOTES])),
    ]);
    for (const each of [grants, await reopen()]) {
      for (const id of ids) expect(each.find(id), "each key works").toBeDefined();
    }
  });

  it("revoked while a use is being noted stay revoked", async () => {
    const id = await grants.allow(MAPS, request());
    clock.advance(2 * HOUR_MS);
    await Promise.all([grants.touch(id), grants.revoke(MAPS)]);
    expect(grants.find(id)?.key.revoked).toBe(true);
    expect((await reopen()).find(id)?.key.revoked).toBe(true);
    const other = await grants.allow(MAPS, request());
    clock.advance(2 * HOUR_MS);
    await Promise.all([grants.revoke(MAPS), grants.touch(other)]);
    expect((await reopen()).find(other)?.key.revoked).toBe(true);
  });
});
