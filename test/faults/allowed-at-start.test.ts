/** `masq start --allow`: a word given once, for apps that come for the first time; the owner's later word counts more. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MasqClient } from "@masq/client";
import { startStore, type Store } from "@masq/store";
import {
  askAccess,
  codeOf,
  grantedJoiner,
  HOSTILE,
  joinAs,
  joinAsAdmin,
  requestOf,
  sayHello,
  unknownJoiner,
  type RawApp,
} from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const directory = temporaryDirectory();
let store: Store;
let admin: RawApp;
let run = 0;

beforeEach(async () => {
  run += 1;
  const files = join(directory, String(run));
  store = await startStore({ directory: files, port: 0, allow: [HOSTILE.slice(4)] });
  admin = await joinAsAdmin(files, store.port);
});
afterEach(async () => {
  await admin.close();
  await store.stop();
});

it("gives access without asking, until the app is revoked: then it has to ask like any other", async () => {
  const granted = await askAccess(store.port, HOSTILE);
  const live = await joinAs(store.port, grantedJoiner(granted));
  expect(await codeOf(sayHello(live, HOSTILE))).toBe("done");
  expect(await admin.call("admin.revoke", HOSTILE)).toMatchObject({ disconnected: 1 });
  expect(await live.closed).toBe(4403);

  const again = await joinAs(store.port, grantedJoiner(granted));
  await codeOf(sayHello(again, HOSTILE));
  expect(await again.closed, "with the key it had").toBe(4403);

  const asking = codeOf(askAccess(store.port, HOSTILE));
  await requestOf(admin, HOSTILE);
  await admin.call("admin.deny", HOSTILE);
  expect(await asking, "with a new key").toBe("MASQ_ACCESS_REFUSED");
});

it("does not help an app that was connected, and had not asked yet, when it was revoked", async () => {
  await askAccess(store.port, HOSTILE);
  const waiting = await joinAs(store.port, unknownJoiner(HOSTILE));
  expect(await admin.call("admin.revoke", HOSTILE)).toMatchObject({ disconnected: 1 });
  expect(await codeOf(waiting.call("requestAccess", ["Hostile", [HOSTILE]]))).toBe(
    "MASQ_STORE_UNREACHABLE",
  );
  expect(await waiting.closed).toBe(4403);
});

it("gives access to a client that could not ask, and to no other one of that kind", async () => {
  const connect = (id: string) =>
    MasqClient.connect({
      app: { name: "Quiet", id },
      directory: join(directory, `app-${run}`),
      mode: "store",
      store: { url: `ws://127.0.0.1:${store.port}` },
    });
  const client = await connect(HOSTILE.slice(4));
  await client.put("k", 1);
  expect(await client.get("k")).toBe(1);
  await client.close();
  expect(await codeOf(connect("org.example.other"))).toBe("MASQ_GRANT_MISSING");
  expect(await admin.call("admin.requests"), "its owner is not asked").toEqual([]);
});

it("is no way into Masq's own namespaces, which even the owner's command line only reads", async () => {
  await sayHello(admin, "masq:system");
  expect(await codeOf(admin.call("list", {}))).toBe("done");
  const write = admin.call("write", [1, [["k", Uint8Array.of(0xf6)]]]);
  expect(await codeOf(write)).toBe("MASQ_NAMESPACE_INVALID");
});
