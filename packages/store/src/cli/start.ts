/** `masq start`: runs a store in the foreground until it is told to stop. */
import type { Command } from "commander";
import { LOCAL_PORTS } from "@masq/core";
import type { Store } from "../store.ts";
import { VERSION } from "../version.ts";
import { contextOf, example, type Context } from "./context.ts";
import { usageError } from "./exit-codes.ts";
import { bold, facts, print, printJson } from "./output.ts";
import { untilSignal } from "./signals.ts";

interface StartOptions {
  readonly port?: number;
  readonly allow: readonly string[];
  readonly syncService?: string;
  readonly syncServiceTokenFile?: string;
}

export const parsePort = (text: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw usageError(
    `This is not a port: ${text}. A port is a number from 1 to 65535, or 0 for any free one.`,
  );
};

export const addStart = (program: Command): void => {
  program
    .command("start")
    .summary("run the store until it is stopped")
    .description("Runs the store in this terminal until it is stopped.")
    .option(
      "--port <number>",
      `the only port to use; 0 takes any free one (default: the first free one of ${LOCAL_PORTS.join(", ")})`,
      parsePort,
    )
    .option(
      "--allow <id>",
      "give this native app access to its own data without asking, such as org.example.notes; may be repeated",
      (id: string, ids: readonly string[]) => [...ids, id.replace(/^app:/, "")],
      [],
    )
    .option(
      "--sync-service <url>",
      "the sync service (wss://…) where your devices meet; remembered from then on",
    )
    .option(
      "--sync-service-token-file <file>",
      "file of mode 0600 with the access token that the sync service asks for; remembered from then on",
    )
    .addHelpText(
      "after",
      example(
        "masq start",
        "masq start --sync-service wss://sync.example.org",
        "masq start --port 0 --data-dir /tmp/try-masq",
      ),
    )
    .action(async (options: StartOptions, command: Command) => {
      const context = contextOf(command);
      // Loaded only here: the other commands answer sooner without the database.
      const { startStore } = await import("../store.ts");
      const store = await startStore({ directory: context.files.directory, ...options });
      untilSignal(() => store.stop());
      await announce(context, store).catch(() => {
        // Nobody reads what we say; the store is there for the apps.
      });
      await store.stopped;
      if (!context.json)
        await print("Masq has stopped. Everything that was acknowledged is on the disk.").catch(
          () => {},
        );
    });
};

const announce = (
  { json, hint }: Context,
  { port, directory, syncService }: Store,
): Promise<void> =>
  json
    ? printJson({ port, directory, pid: process.pid, syncService: syncService ?? null })
    : print(
        [
          bold(`Masq ${VERSION} is ready.`),
          facts([
            ["listens on", `127.0.0.1:${port} (this computer only)`],
            ["keeps data in", directory],
            ["sync service", syncService ?? "none: this computer only"],
            ["apps that ask", hint("apps requests")],
            ["to stop", `Ctrl-C here, or: ${hint("stop")}`],
          ]),
        ].join("\n"),
      );
