/** What the command line says of entries that were changed in two places at once, of which it shows one value. */
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { startStore } from "@masq/store";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { cliFor } from "./masq-process.ts";

const APP = "org.example.siblings";

it("says so, and takes its own export back", async () => {
  const directory = join(temporaryDirectory(), "store");
  const store = await startStore({ directory, port: 0, allow: [APP] });
  const masq = cliFor(directory);
  const connect = () =>
    MasqClient.connect({
      app: { name: "Siblings", id: APP },
      directory: join(directory, "app"),
      mode: "store",
      store: { url: `ws://127.0.0.1:${store.port}` },
    });
  const [one, other] = [await connect(), await connect()];
  await one.put("plain", 0);
  expect((await masq("data", "export", APP)).err).toBe("");
  await one.put("k", 0);
  await Promise.all([one.get("k"), other.get("k")]);
  await Promise.all([one.put("k", "mine"), other.put("k", "yours")]);
  const shown = await one.get("k");

  const text = await masq("data", "get", APP, "k");
  expect(text).toMatchObject({ code: 0, out: `${JSON.stringify(shown)}\n` });
  expect(text.err).toContain("changed in two places at once");
  expect(await masq.json("data", "get", APP, "k")).toEqual({
    key: "k",
    value: shown,
    conflict: true,
  });
  expect(await masq.json("data", "get", APP, "plain")).toEqual({ key: "plain", value: 0 });
  expect((await masq("data", "get", APP, "plain")).err).toBe("");

  const exported = await masq("data", "export", APP);
  expect(exported.code).toBe(0);
  expect(exported.err).toContain("1 entry was changed in two places at once");
  const again = await masq.withInput(
    exported.out,
    "data",
    "import",
    "org.example.copy",
    "-",
    "--create",
  );
  expect(again).toMatchObject({ code: 0, err: "" });
  expect(await masq("data", "export", "org.example.copy")).toMatchObject({
    out: exported.out,
    err: "",
  });
  await Promise.all([one.close(), other.close()]);
  await store.stop();
});
