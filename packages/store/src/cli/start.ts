/** `masq start`: runs a store in the foreground until it is told to stop. */
import type { Command } from "commander";
import { LOCAL_PORTS } from "@masq/core";
import type { Store } from "../store.ts";
import { VERSION } from "../version.ts";
import { contextOf, example, type Context } from "./context.ts";
import { usageError } from "./exit-codes.ts";
import { bold, facts, print, printJson } from "./output.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

interface StartOptions {
  readonly port?: number;
  readonly allow: readonly string[];
}

const parsePort = (text: string): number => {
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
    .addHelpText("after", example("masq start", "masq start --port 0 --data-dir /tmp/try-masq"))
    .action(async (options: StartOptions, command: Command) => {
      const context = contextOf(command);
      // Loaded only here: the other commands answer sooner without the database.
      const { startStore } = await import("../store.ts");
      const store = await startStore({ directory: context.files.directory, ...options });
      stopOnSignals(store);
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

/** The first signal stops cleanly, the second at once. */
const stopOnSignals = (store: Store): void => {
  let isStopping = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      // Its failure is that of `stopped`.
      store.stop().catch(() => {});
    });
  }
};

const announce = ({ json, hint }: Context, { port, directory }: Store): Promise<void> =>
  json
    ? printJson({ port, directory, pid: process.pid })
    : print(
        [
          bold(`Masq ${VERSION} is ready.`),
          facts([
            ["listens on", `127.0.0.1:${port} (this computer only)`],
            ["keeps data in", directory],
            ["apps that ask", hint("apps requests")],
            ["to stop", `Ctrl-C here, or: ${hint("stop")}`],
          ]),
        ].join("\n"),
      );
