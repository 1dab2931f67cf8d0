/** `masq apps`: which apps have access, which ask for it, and the owner's answers. */
import type { Command } from "commander";
import { fields, type NamespaceId } from "@masq/core";
import { asRecords, openAdminLink, type AdminLink } from "./admin-link.ts";
import {
  readAccessRequest,
  requestText,
  spacedCode,
  type AccessRequestItem,
} from "./access-request.ts";
import { canAsk, confirm } from "./confirm.ts";
import { contextOf, example, PROGRAM, readNamespace, type Context } from "./context.ts";
import { CommandError, EXIT, usageError } from "./exit-codes.ts";
import { counted, formatTime, print, printJson, remark, table } from "./output.ts";

const APP_HELP = "the app: its address (https://maps.example.org) or its id (org.example.maps)";

interface AllowOptions {
  readonly code?: string;
  readonly yes?: boolean;
}

export const addApps = (program: Command): void => {
  const apps = program
    .command("apps")
    .summary("see and decide which apps have access")
    .description("Shows which apps have access. Its commands show those that ask, and answer them.")
    .addHelpText(
      "after",
      example("masq apps", "masq apps requests", "masq apps allow org.example.maps"),
    )
    .allowExcessArguments()
    .action((_options: unknown, command: Command) => {
      const [unknown] = command.args;
      if (unknown === undefined) return listApps(contextOf(command));
      throw usageError(`There is no command "apps ${unknown}". See: ${PROGRAM} apps --help`);
    });
  apps
    .command("list")
    .description("Shows the apps that have access, and to what; the same as `masq apps`.")
    .addHelpText("after", example("masq apps"))
    .action((_options: unknown, command: Command) => listApps(contextOf(command)));
  apps
    .command("requests")
    .description("Shows the apps that wait for an answer, each with the digits to compare.")
    .addHelpText("after", example("masq apps requests"))
    .action((_options: unknown, command: Command) => listRequests(contextOf(command)));
  apps
    .command("allow")
    .description("Allows an app that asks, once you have compared the digits it shows.")
    .argument("<app>", APP_HELP)
    .option(
      "--code <digits>",
      "the six digits the app shows; nothing is allowed unless they are the request's",
    )
    .option("--yes", "allow without comparing digits")
    .addHelpText(
      "after",
      example(
        "masq apps allow https://maps.example.org",
        "masq apps allow org.example.maps --code 123456",
      ),
    )
    .action((app: string, options: AllowOptions, command: Command) =>
      allowApp(contextOf(command), app, options),
    );
  apps
    .command("deny")
    .description("Refuses an app that asks. It has to wait before it may ask again.")
    .argument("<app>", APP_HELP)
    .addHelpText("after", example("masq apps deny org.example.maps"))
    .action((app: string, _options: unknown, command: Command) => denyApp(contextOf(command), app));
  apps
    .command("revoke")
    .description("Takes an app's access away, at once. Its data stay in the store.")
    .argument("<app>", APP_HELP)
    .addHelpText("after", example("masq apps revoke https://maps.example.org"))
    .action((app: string, _options: unknown, command: Command) =>
      revokeApp(contextOf(command), app),
    );
};

const listApps = async (context: Context): Promise<void> => {
  await using link = await openAdminLink(context);
  const apps = asRecords(await link.call("admin.apps"));
  if (context.json) return printJson(apps);
  if (apps.length === 0)
    return print(`No app has access yet. Those that ask: ${context.hint("apps requests")}`);
  const rows = apps.map((app) => [
    fields.asText(app["app"], "an app"),
    JSON.stringify(fields.asText(app["name"], "a name")),
    fields
      .asArray(app["namespaces"], "namespaces")
      .map((item) => (item === app["app"] ? "its own data" : String(item)))
      .join(", "),
    formatTime(fields.asUint(app["added"], "a time")),
    formatTime(fields.asUint(app["lastUsed"], "a time")),
  ]);
  await print(table(["APP", "CALLS ITSELF", "MAY USE", "SINCE", "LAST USED"], rows));
};

const accessRequests = async (link: AdminLink): Promise<AccessRequestItem[]> =>
  asRecords(await link.call("admin.requests")).map(readAccessRequest);

const listRequests = async (context: Context): Promise<void> => {
  await using link = await openAdminLink(context);
  const requests = await accessRequests(link);
  if (context.json) return printJson(requests);
  if (requests.length === 0)
    return print("No app asks for access. A request waits two minutes for an answer.");
  const texts = requests.map((request) => requestText(request, Date.now()));
  const [{ app }] = requests as [AccessRequestItem];
  const answers = `Answer with: ${context.hint(`apps allow ${app}`)}\n         or: ${context.hint(`apps deny ${app}`)}`;
  await print([...texts, answers].join("\n\n"));
};

const allowApp = async (context: Context, text: string, options: AllowOptions): Promise<void> => {
  const app = readNamespace(text);
  const given = options.code?.replaceAll(/[\s-]/g, "");
  if (given !== undefined && !/^\d{6}$/.test(given))
    throw usageError("--code takes the six digits the app shows. Nothing was allowed.");
  if (given === undefined && options.yes !== true && !canAsk(context)) {
    throw usageError(
      `There is no terminal to ask on. Compare the digits the app shows with those of ${context.hint("apps requests")}, then give them with --code, or say --yes to allow it without comparing. Nothing was allowed.`,
    );
  }
  await using link = await openAdminLink(context);
  const code = given ?? (await confirmedCode(context, link, app, options.yes === true));
  const grant = await allow(link, app, code);
  if (context.json) return printJson(grant);
  await print(`${app} now has access. Take it back with: ${context.hint(`apps revoke ${app}`)}`);
};

/** The digits of the very request that was shown: another one in its place meanwhile is not allowed in its stead. */
const confirmedCode = async (
  context: Context,
  link: AdminLink,
  app: NamespaceId,
  isAgreed: boolean,
): Promise<string | undefined> => {
  const request = (await accessRequests(link)).find((one) => one.app === app);
  // The store says in its own words that nobody of this name asks.
  if (request === undefined || isAgreed) return request?.code;
  remark(`${requestText(request, Date.now())}\n`);
  if (await confirm(`Does the app show ${spacedCode(request.code)}? [y/N] `)) return request.code;
  throw new CommandError(
    EXIT.refused,
    "MASQ_ACCESS_REFUSED",
    `Nothing was allowed. If the app shows other digits, something may be between it and the store: refuse it with ${context.hint(`apps deny ${app}`)}`,
  );
};

const allow = async (link: AdminLink, app: string, code: string | undefined): Promise<unknown> => {
  try {
    return await link.call("admin.allow", [app, code ?? null]);
  } catch (error) {
    const isOtherCode =
      error instanceof Error && "code" in error && error.code === "MASQ_OPTION_INVALID";
    throw isOtherCode
      ? new CommandError(EXIT.refused, "MASQ_OPTION_INVALID", error.message, { cause: error })
      : error;
  }
};

const denyApp = async (context: Context, text: string): Promise<void> => {
  const app = readNamespace(text);
  await using link = await openAdminLink(context);
  await link.call("admin.deny", app);
  await (context.json
    ? printJson({ app, denied: true })
    : print(
        `${app} was refused. Nothing was read or written; it has to wait before it may ask again.`,
      ));
};

const revokeApp = async (context: Context, text: string): Promise<void> => {
  const app = readNamespace(text);
  await using link = await openAdminLink(context);
  const revoked = fields.asRecord(await link.call("admin.revoke", app), "a grant");
  if (context.json) return printJson({ app, revoked: true, disconnected: revoked["disconnected"] });
  const closed = fields.asUint(revoked["disconnected"], "a count");
  const connections =
    closed === 0
      ? "It was not connected"
      : `${counted(closed, "connection of it was", "connections of it were")} closed`;
  await print(
    `${app} has no access any more. ${connections}. Its data stay in the store: ${context.hint("data list")}`,
  );
};
