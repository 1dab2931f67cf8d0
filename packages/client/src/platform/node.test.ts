import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NamespaceId } from "@masq/core";
import { afterAll, describe, expect, it } from "vitest";
import { platform } from "./node.ts";

const directory = mkdtempSync(join(tmpdir(), "masq-client-"));
const APP = "app:org.example.favourites" as NamespaceId;

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe("a native app's credentials", () => {
  it("are made once, in files only their owner can read, and found again", async () => {
    const folder = join(directory, "app");
    const first = await platform.openCredentials(APP, folder);
    const again = await platform.openCredentials(APP, folder);
    expect(again.key.publicKey).toEqual(first.key.publicKey);
    expect(again.grant).toBeUndefined();
    const grant = { keyId: new Uint8Array(16).fill(1), storeKey: new Uint8Array(32).fill(2) };
    await first.saveGrant(grant);
    expect((await platform.openCredentials(APP, folder)).grant).toEqual(grant);
    expect(modeOf(folder)).toBe(0o700);
    for (const name of ["org.example.favourites.key", "org.example.favourites.grant"]) {
      expect(modeOf(join(folder, name)), name).toBe(0o600);
    }
    await first.saveGrant(undefined);
    expect((await platform.openCredentials(APP, folder)).grant).toBeUndefined();
  });

  it("of two apps in one directory are apart", async () => {
    const folder = join(directory, "shared");
    const one = await platform.openCredentials(APP, folder);
    const other = await platform.openCredentials("app:org.example.notes" as NamespaceId, folder);
    expect(one.key.publicKey).not.toEqual(other.key.publicKey);
  });

  it("that are damaged are refused in plain words and left alone", async () => {
    const folder = join(directory, "damaged");
    await platform.openCredentials(APP, folder);
    const file = join(folder, "org.example.favourites.grant");
    writeFileSync(file, "not a grant");
    await expect(platform.openCredentials(APP, folder)).rejects.toMatchObject({
      code: "MASQ_DIRECTORY_INVALID",
    });
    const key = join(folder, "org.example.favourites.key");
    writeFileSync(key, "short");
    rmSync(file);
    await expect(platform.openCredentials(APP, folder)).rejects.toMatchObject({
      code: "MASQ_DIRECTORY_INVALID",
    });
    expect(statSync(key).size).toBe(5);
  });
});

describe("a native app's identity", () => {
  it("is its reverse domain name", () => {
    expect(platform.identify("org.example.favourites")).toEqual({
      identity: APP,
      appId: "org.example.favourites",
    });
    for (const wrong of [
      undefined,
      "",
      "favourites",
      "https://maps.example.org",
      "org..example",
      "-a.b",
    ]) {
      expect(() => platform.identify(wrong)).toThrow(
        expect.objectContaining({ code: "MASQ_OPTION_INVALID" }),
      );
    }
  });
});
