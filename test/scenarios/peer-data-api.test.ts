/** MasqClient that holds its app's data itself passes the acceptance suite of the data API, as over a store. */
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { dataCases } from "@masq/core/testing";
import { describe, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const directory = temporaryDirectory();

describe.each([
  { place: "SQLite", inMemory: false },
  { place: "memory", inMemory: true },
])("MasqClient in peer mode over $place", ({ place, inMemory }) => {
  it.each(dataCases.map((each, index) => ({ ...each, index })))("$name", async ({ run, index }) => {
    const open = (): Promise<MasqClient> =>
      MasqClient.connect({
        app: { name: "Suite", id: `org.example.case${index}` },
        mode: "peer",
        directory: join(directory, place),
        inMemory,
      });
    await run({ open });
  });
});
