/** `masq sync`: how far the owner's devices are, and which apps' data they share. */
import type { Command } from "commander";
import { asRecords, openAdminLink } from "./admin-link.ts";
import { contextOf, example, readNamespace, type Context } from "./context.ts";
import { readDevices } from "./device-items.ts";
import { usageError } from "./exit-codes.ts";
import { print, printJson, remark } from "./output.ts";
import { keptBack } from "./sharing.ts";
import { showStatus } from "./sync-status.ts";

const NAMESPACE_HELP =
  "an app's data: its address (https://maps.example.org) or its id (org.example.maps)";

interface ShareOptions {
  readonly device?: string;
  readonly default?: boolean;
}

/** What each command sets, and says afterwards. */
const SHARING_COMMANDS = [
  ["on", "share an app's data with your other computers again", "is shared"],
  [
    "off",
    "stop sharing an app's data with your other computers; nothing is deleted anywhere",
    "is not shared",
  ],
  [
    "pause",
    "stop sharing an app's data with your other computers for a while",
    "is not shared for now",
  ],
] as const;

export const addSync = (program: Command): void => {
  const sync = program
    .command("sync")
    .summary("see how far your devices are, and what they share")
    .description("Shows how far your devices are, and decides which apps' data they share.")
    .addHelpText("after", example("masq sync status", "masq sync off org.example.maps"));
  sync
    .command("status")
    .description(
      "Shows for each device whether it is connected and holds the same, and which apps' data are shared.",
    )
    .addHelpText("after", example("masq sync status", "masq sync status --json"))
    .action((_options: unknown, command: Command) => showStatus(contextOf(command)));
  for (const [name, description, result] of SHARING_COMMANDS) {
    sync
      .command(name)
      .description(`${description.charAt(0).toUpperCase()}${description.slice(1)}.`)
      .argument("[namespace]", NAMESPACE_HELP)
      .option("--device <device>", "only with this computer, by name or id")
      .option("--default", "all apps' data of which you say nothing else, new apps' too")
      .addHelpText(
        "after",
        example(`masq sync ${name} org.example.maps`, `masq sync ${name} --default`),
      )
      .action((namespace: string | undefined, options: ShareOptions, command: Command) =>
        share(contextOf(command), namespace, name, options, result),
      );
  }
};

const share = async (
  context: Context,
  app: string | undefined,
  name: "on" | "off" | "pause",
  { device, default: isDefault = false }: ShareOptions,
  result: string,
): Promise<void> => {
  if ((app === undefined) !== isDefault || (isDefault && device !== undefined)) {
    throw usageError(
      "Name an app's data, or say --default alone for all of which you say nothing else. Nothing was changed.",
    );
  }
  const namespace = app === undefined ? null : readNamespace(app);
  await using link = await openAdminLink(context);
  const sharing = name === "pause" ? "paused" : name;
  await link.call("admin.share", [namespace, device ?? null, sharing]);
  const held = asRecords(await link.call("admin.namespaces"));
  const isUnknown = namespace !== null && !held.some((item) => item["namespace"] === namespace);
  await (context.json
    ? printJson({ namespace, device: device ?? null, sharing })
    : print(
        `${namespace ?? "What you say nothing else of"} ${result} with ${device === undefined ? "your other computers" : `“${device}”`}. All your computers follow this as soon as they know; an app that keeps its data itself, as on a phone, goes on.`,
      ));
  if (context.json || namespace === null) return;
  if (name === "on") {
    // What is on for one device alone does not reach it while it is off for this one.
    const kept = keptBack(readDevices(await link.call("admin.devices")), namespace, 1);
    if (kept !== undefined)
      remark(
        `It is ${kept} for all your computers but that one, this one too, so nothing is shared yet. Share it with all: ${context.hint(`sync on ${namespace}`)}`,
      );
  }
  if (isUnknown)
    remark(
      `This store holds no data of it yet; \`${context.hint("data list")}\` shows those it holds.`,
    );
};
