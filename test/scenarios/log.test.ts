/** The store's log tells what happened, and nothing of what is kept. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { startStore } from "@masq/store";
import { expect, it } from "vitest";
import { askAccess, codeOf, HOSTILE, joinAsAdmin, openRaw, requestOf } from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const APP_ID = "org.example.log";

it("holds no key, no value and no secret, at its most talkative", async () => {
  const directory = join(temporaryDirectory(), "store");
  // The configuration is read at start: a first start makes the directory.
  await (await startStore({ directory, port: 0 })).stop();
  writeFileSync(join(directory, "config.json"), JSON.stringify({ logLevel: "debug" }), {
    mode: 0o600,
  });
  const store = await startStore({ directory, port: 0, allow: [APP_ID] });
  const client = await MasqClient.connect({
    app: { name: "Log", id: APP_ID },
    directory: join(directory, "app"),
    store: { url: `ws://127.0.0.1:${store.port}` },
    onConsent: () => {},
  });
  await client.put("a-telling-key", "a telling value");
  await client.get("a-telling-key");
  await client.put("a-telling-key", "another", { ifVersion: "" }).catch(() => {});
  const hostile = await openRaw(store.port);
  hostile.webSocket.send(Buffer.from("a telling greeting"));
  await hostile.closed;
  const admin = await joinAsAdmin(directory, store.port);
  const other = codeOf(askAccess(store.port, HOSTILE));
  await requestOf(admin, HOSTILE);
  await admin.call("admin.deny", HOSTILE);
  expect(await other).toBe("MASQ_ACCESS_REFUSED");
  await admin.call("admin.revoke", `app:${APP_ID}`);
  await admin.close();
  await client.close();
  await store.stop();

  const log = readFileSync(join(directory, "store.log"), "utf8");
  const lines = log
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const messages = lines.map(({ msg }) => msg);
  expect(messages).toEqual(
    expect.arrayContaining([
      "store started",
      "access granted",
      "access denied",
      "access revoked",
      "connections refused",
      "store stopped",
    ]),
  );
  const told = (text: string) => lines.find(({ msg }) => msg === text);
  expect(told("access denied")).toMatchObject({ app: HOSTILE });
  expect(told("access revoked")).toMatchObject({ app: `app:${APP_ID}`, disconnected: 1 });
  const secrets = ["store.key", "admin.key", join("app", `${APP_ID}.key`)].flatMap((name) => {
    const bytes = readFileSync(join(directory, name));
    return [bytes.toString("hex"), bytes.toString("base64"), bytes.toString("latin1")];
  });
  for (const text of ["telling", ...secrets]) expect(log.includes(text)).toBe(false);
});
