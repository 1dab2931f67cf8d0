/** `masq devices`: the owner's devices, and their names. */
import type { Command } from "commander";
import { fields } from "@masq/core";
import { openAdminLink } from "./admin-link.ts";
import { contextOf, example, type Context } from "./context.ts";
import { readDevices, shortId } from "./device-items.ts";
import { usageError } from "./exit-codes.ts";
import { formatTime, print, printJson, remark, table } from "./output.ts";

export const addDevices = (program: Command): void => {
  const devices = program
    .command("devices")
    .summary("see and name your devices")
    .description("Shows your devices that hold data together with this one.")
    .addHelpText("after", example("masq devices", "masq devices rename laptop attic"))
    .allowExcessArguments()
    .action((_options: unknown, command: Command) => {
      const [unknown] = command.args;
      if (unknown === undefined) return listDevices(contextOf(command));
      throw usageError(`There is no command "devices ${unknown}". See: masq devices --help`);
    });
  devices
    .command("list")
    .description("Shows your devices; the same as `masq devices`.")
    .addHelpText("after", example("masq devices list"))
    .action((_options: unknown, command: Command) => listDevices(contextOf(command)));
  devices
    .command("rename")
    .description("Gives a device another name, on all of them.")
    .argument("<device>", "its name, or at least the first four digits of its id")
    .argument("<name>", "the new name")
    .addHelpText("after", example("masq devices rename laptop attic"))
    .action((device: string, name: string, _options: unknown, command: Command) =>
      renameDevice(contextOf(command), device, name),
    );
};

const listDevices = async (context: Context): Promise<void> => {
  await using link = await openAdminLink(context);
  const { devices, apps, syncServices } = readDevices(await link.call("admin.devices"));
  if (context.json) return printJson({ devices, apps, syncServices });
  const rows = [...devices, ...apps].map(
    ({ id, name, app, isOwn, added, isConnected, lastSeen }) => [
      isOwn ? `${name} (this one)` : name,
      app ?? "all apps",
      shortId(id),
      formatTime(added),
      isOwn ? "" : isConnected ? "now" : lastSeen === null ? "never" : formatTime(lastSeen),
    ],
  );
  await print(table(["DEVICE", "HOLDS", "ID", "SINCE", "LAST CONNECTED"], rows));
  if (rows.length === 1)
    await print(`\nThis is your only device. Let another one join: ${context.hint("invite")}`);
};

const renameDevice = async (context: Context, device: string, name: string): Promise<void> => {
  await using link = await openAdminLink(context);
  const renamed = fields.asRecord(await link.call("admin.rename", [device, name]), "a device");
  await (context.json
    ? printJson(renamed)
    : print(`It is now called “${name}”. Your other devices learn it when they are connected.`));
  if (!context.json && renamed["nameTaken"] === true) {
    remark("Another device of yours has the same name: `masq devices` shows their ids.");
  }
};
