/** `masq dev`: a store and a sync service to develop apps with, in one process, gone when it ends. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { LOCAL_PORTS, MasqError } from "@masq/core";
import { contextOf, example } from "./context.ts";
import { bold, facts, print, printJson } from "./output.ts";
import { parsePort } from "./start.ts";
import { untilSignal } from "./signals.ts";

const SYNC_SERVICE_PORT = 16_278;

interface DevOptions {
  readonly port?: number;
  readonly syncPort: number;
}

export const addDev = (program: Command): void => {
  program
    .command("dev")
    .summary("run a throw-away store and sync service, for developing apps")
    .description(
      "Runs a store and a sync service for developing apps. Native apps and pages from this computer get access without asking. Everything is deleted at the end.",
    )
    .option(
      "--port <number>",
      `the store's port; 0 takes any free one (default: the first free one of ${LOCAL_PORTS.join(", ")})`,
      parsePort,
    )
    .option(
      "--sync-port <number>",
      "the sync service's port; 0 takes any free one",
      parsePort,
      SYNC_SERVICE_PORT,
    )
    .addHelpText("after", example("masq dev", "masq dev --port 0 --sync-port 0 --json"))
    .action(async (options: DevOptions, command: Command) => {
      const { json } = contextOf(command);
      const directory = await mkdtemp(join(tmpdir(), "masq-dev-"));
      try {
        await run(options, directory, json);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    });
};

/** Its option is called otherwise here. */
const withOwnOption = (error: unknown): never => {
  if (!(error instanceof MasqError)) throw error;
  throw new MasqError(error.code, error.message.replace("--listen", "--sync-port"), {
    cause: error,
  });
};

const run = async (options: DevOptions, directory: string, json: boolean): Promise<void> => {
  const { startStore } = await import("../store.ts");
  const { startSyncService } = await import("@masq/sync-service");
  await using service = await startSyncService({ port: options.syncPort }).catch(withOwnOption);
  const syncService = `ws://127.0.0.1:${service.port}`;
  const store = await startStore({
    directory,
    port: options.port,
    syncService,
    allowEveryLocalApp: true,
  });
  const stopping = untilSignal(() => store.stop());
  await (
    json
      ? printJson({ port: store.port, directory, pid: process.pid, syncService })
      : print(
          [
            bold("Masq is ready for developing apps."),
            facts([
              ["store", `ws://127.0.0.1:${store.port}`],
              ["sync service", syncService],
              ["keeps data in", `${directory}, until it ends`],
              ["access", "native apps and pages from this computer, without asking"],
              ["to end", "Ctrl-C"],
            ]),
          ].join("\n"),
        )
  ).catch(() => {
    // Nobody reads what we say; the store is there for the apps.
  });
  await store.stopped;
  stopping();
};
