/** MasqClient over a real store passes the acceptance suite of the data API. */
import { join } from "node:path";
import { MasqClient, type BatchOperation } from "@masq/client";
import { dataCases } from "@masq/core/testing";
import { startStore, type Store } from "@masq/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const directory = temporaryDirectory();
/** Each case has an app of its own, hence an empty namespace. */
const appId = (index: number): string => `org.example.case${index}`;

let store: Store;

beforeAll(async () => {
  const allow = dataCases.map((_, index) => appId(index));
  store = await startStore({ directory: join(directory, "store"), port: 0, allow });
});

afterAll(() => store.stop());

describe("MasqClient in store mode", () => {
  let opened = 0;
  it.each(dataCases.map((each, index) => ({ ...each, index })))("$name", async ({ run, index }) => {
    const open = (): Promise<MasqClient> => {
      opened += 1;
      return MasqClient.connect({
        app: { name: "Suite", id: appId(index) },
        directory: join(directory, `app-${opened}`),
        store: { url: `ws://127.0.0.1:${store.port}` },
        onConsent: () => {},
      });
    };
    await run({ open });
  });
});

it("refuses an operation it does not know, and deletes nothing by it", async () => {
  const client = await MasqClient.connect({
    app: { name: "Suite", id: appId(0) },
    directory: join(directory, "unknown-operation"),
    store: { url: `ws://127.0.0.1:${store.port}` },
    onConsent: () => {},
  });
  await client.put("a", 1);
  const operation = { op: "set", key: "a", value: 2 } as unknown as BatchOperation;
  await expect(client.batch([operation])).rejects.toMatchObject({ code: "MASQ_OPTION_INVALID" });
  expect(await client.get("a")).toBe(1);
  await client.close();
});
