/** MasqClient that holds its app's data itself passes the acceptance suite of the data API, as over a store. */
import { MasqClient } from "@masq/client";
import { dataCases } from "@masq/core/testing";
import { describe, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const directory = temporaryDirectory();

describe("MasqClient in peer mode", () => {
  it.each(dataCases.map((each, index) => ({ ...each, index })))("$name", async ({ run, index }) => {
    const open = (): Promise<MasqClient> =>
      MasqClient.connect({
        app: { name: "Suite", id: `org.example.case${index}` },
        mode: "peer",
        directory,
      });
    await run({ open });
  });
});
