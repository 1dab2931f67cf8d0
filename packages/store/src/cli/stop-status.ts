/** `masq stop` and `masq status`. */
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { fields, MasqError } from "@masq/core";
import { readRunning, type Running } from "../running-file.ts";
import { asRecords, isAlive, openAdminLink } from "./admin-link.ts";
import { contextOf, example } from "./context.ts";
import {
  bold,
  counted,
  facts,
  formatBytes,
  formatCount,
  formatTime,
  print,
  printJson,
  table,
} from "./output.ts";

const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 20;

export const addStop = (program: Command): void => {
  program
    .command("stop")
    .summary("stop the running store")
    .description("Stops the running store, and waits until it has stopped.")
    .addHelpText("after", example("masq stop"))
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      await using link = await openAdminLink(context);
      const { running, closed } = link;
      const timeout = AbortSignal.timeout(STOP_TIMEOUT_MS);
      // The store may go before it answers; that it goes is the answer.
      await Promise.race([link.call("admin.stop").catch(() => {}), closed]);
      while (await isStillRunning(context.files.running, running)) {
        if (timeout.aborted) {
          throw new MasqError(
            "MASQ_STORE_UNREACHABLE",
            `The store (process ${running.pid}) was told to stop and has not done so within ${STOP_TIMEOUT_MS / 1000} seconds. Your data are safe. See: ${context.hint("status")}`,
          );
        }
        await delay(POLL_MS);
      }
      await (context.json
        ? printJson({ stopped: true, pid: running.pid })
        : print("The store has stopped. Everything that was acknowledged is on the disk."));
    });
};

/** Its note goes last, after the database has been closed. */
const isStillRunning = async (file: string, stopped: Running): Promise<boolean> => {
  const running = await readRunning(file);
  return running !== undefined && running.since === stopped.since && isAlive(stopped.pid);
};

export const addStatus = (program: Command): void => {
  program
    .command("status")
    .summary("show the running store and what it holds")
    .description(
      "Shows the running store: where it listens, how large it is, and the namespaces it holds.",
    )
    .addHelpText("after", example("masq status", "masq status --json"))
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      await using link = await openAdminLink(context);
      const [answer, namespaces] = await Promise.all([
        link.call("admin.status").then((item) => fields.asRecord(item, "a status")),
        link.call("admin.namespaces").then(asRecords),
      ]);
      // This command's own connection is none that anybody asks for.
      const status = {
        ...answer,
        connections: fields.asUint(answer["connections"], "a count") - 1,
      };
      await (context.json
        ? printJson({ ...status, namespaces })
        : print(statusText(status, namespaces)));
    });
};

type Item = Readonly<Record<string, unknown>>;

const statusText = (status: Item, namespaces: readonly Item[]): string => {
  const number = (name: string): number => fields.asUint(status[name], name);
  const isEncrypted = fields.asFlag(status["encrypted"], "a flag");
  const lines = [
    bold(`Masq ${fields.asText(status["version"], "a version")} is running.`),
    facts([
      ["process", String(number("pid"))],
      ["listens on", `127.0.0.1:${number("port")} (this computer only)`],
      ["since", formatTime(number("since"))],
      ["keeps data in", fields.asText(status["directory"], "a directory")],
      ["connections", counted(number("connections"), "app connected now", "apps connected now")],
      ["memory", formatBytes(number("memory"))],
      [
        "database",
        `${formatBytes(number("bytes"))}, ${isEncrypted ? "encrypted" : "not encrypted"}`,
      ],
    ]),
    "",
  ];
  return [...lines, namespacesText(namespaces)].join("\n");
};

export const namespacesText = (namespaces: readonly Item[]): string =>
  namespaces.length === 0
    ? "It holds no data yet."
    : table(
        ["NAMESPACE", "ENTRIES", "SIZE"],
        namespaces.map((item) => [
          fields.asText(item["namespace"], "a namespace"),
          formatCount(fields.asUint(item["entries"], "a count")),
          formatBytes(fields.asUint(item["bytes"], "a size")),
        ]),
      );
