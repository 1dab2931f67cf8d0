/** MasqClient over a real store passes the acceptance suite of the data API. */
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { dataCases } from "@masq/core/testing";
import { startStore, type Store } from "@masq/store";
import { afterAll, beforeAll, describe, it } from "vitest";
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
