/** `masq config`: the settings the store reads when it starts. */
import type { Command } from "commander";
import { isStoreFile } from "../data-directory.ts";
import { preparePrivateDirectory } from "@masq/node";
import { parseSetting, readConfig, settingNamed, SETTINGS, writeSetting } from "../config.ts";
import { readAccess } from "../access-token.ts";
import { readRunning } from "../running-file.ts";
import { isAlive } from "./admin-link.ts";
import { contextOf, example, type Context } from "./context.ts";
import { print, printJson, table } from "./output.ts";

const NAME_HELP = `one of: ${Object.keys(SETTINGS).join(", ")}`;

export const addConfig = (program: Command): void => {
  const config = program
    .command("config")
    .summary("show and change the store's settings")
    .description("Shows and changes the settings the store reads when it starts.")
    .addHelpText("after", example("masq config get", "masq config set port 16277"));
  config
    .command("get")
    .description("Shows all settings, or the value of one.")
    .argument("[name]", NAME_HELP)
    .addHelpText("after", example("masq config get", "masq config get port"))
    .action((name: string | undefined, _options: unknown, command: Command) =>
      showSettings(contextOf(command), name),
    );
  config
    .command("set")
    .description("Sets a setting.")
    .argument("<name>", NAME_HELP)
    .argument("<value>")
    .addHelpText("after", example("masq config set log-level debug"))
    .action((name: string, value: string, _options: unknown, command: Command) =>
      changeSetting(contextOf(command), name, value),
    );
  config
    .command("unset")
    .description("Goes back to the default of a setting.")
    .argument("<name>", NAME_HELP)
    .addHelpText("after", example("masq config unset port"))
    .action((name: string, _options: unknown, command: Command) =>
      changeSetting(contextOf(command), name, undefined),
    );
};

const showSettings = async ({ files, json }: Context, name: string | undefined): Promise<void> => {
  const config = await readConfig(files.config);
  const valueOf = (setting: string): number | string | null =>
    config[settingNamed(setting).field] ?? null;
  if (name !== undefined) {
    const value = valueOf(name);
    return json
      ? printJson({ [name]: value })
      : print(String(value ?? `not set: ${settingNamed(name).otherwise}`));
  }
  const names = Object.keys(SETTINGS);
  if (json) return printJson(Object.fromEntries(names.map((one) => [one, valueOf(one)])));
  const rows = names.map((one) => [
    one,
    String(valueOf(one) ?? `not set: ${settingNamed(one).otherwise}`),
    settingNamed(one).describe,
  ]);
  await print(table(["SETTING", "VALUE", "WHAT IT IS"], rows));
};

const changeSetting = async (
  { files, json }: Context,
  name: string,
  value: string | undefined,
): Promise<void> => {
  // What is wrong is said before a directory is made for it.
  const { field } = settingNamed(name);
  const parsed = value === undefined ? undefined : parseSetting(name, value);
  if (field === "syncServiceTokenFile" && parsed !== undefined)
    await readAccess({ ...(await readConfig(files.config)), [field]: String(parsed) });
  await preparePrivateDirectory(files.directory, isStoreFile);
  await writeSetting(files.config, name, value);
  const running = await readRunning(files.running);
  const isRunning = running !== undefined && isAlive(running.pid);
  if (json) return printJson({ [name]: value ?? null, restartNeeded: isRunning });
  const done =
    value === undefined
      ? `${name} is back to its default: ${settingNamed(name).otherwise}.`
      : `${name} is now ${value}.`;
  await print(isRunning ? `${done} The running store takes it up when it is started again.` : done);
};
