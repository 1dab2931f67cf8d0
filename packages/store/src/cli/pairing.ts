/** `masq invite` and `masq join`: two of the owner's devices get to know each other by a link. */
import type { Command } from "commander";
import { codeOf, fields, isErrorCode, MasqError } from "@masq/core";
import { openAdminLink, type AdminLink } from "./admin-link.ts";
import { spacedCode } from "./access-request.ts";
import { ask, canAsk, confirm } from "./confirm.ts";
import { shortId } from "./device-items.ts";
import { contextOf, example, readNamespace, type Context } from "./context.ts";
import { usageError } from "./exit-codes.ts";
import { bold, formatTimeOfDay, print, printJson, remark } from "./output.ts";
import { tellRelayNews } from "./relay-news.ts";
import { notTakenUp } from "./sync-status.ts";
import { terminalQr } from "./terminal-qr.ts";

interface PairingOptions {
  readonly yes?: boolean;
}

interface InviteOptions extends PairingOptions {
  readonly app?: string;
}

const YES_HELP = "agree beforehand, for scripts";

export const addPairing = (program: Command): void => {
  program
    .command("invite")
    .summary("let another of your computers join this one")
    .description(
      "Prints a link that lets one other device of yours join, then waits for it. The link works once, and for five minutes.",
    )
    .option(
      "--app <app>",
      "for this app on a phone or in another browser, where it keeps its data itself: its address (https://maps.example.org) or its id",
    )
    .option("--yes", YES_HELP)
    .addHelpText(
      "after",
      example(
        "masq invite",
        "masq invite --app https://maps.example.org",
        "masq invite --yes --json",
      ),
    )
    .action((options: InviteOptions, command: Command) => invite(contextOf(command), options));
  program
    .command("join")
    .summary("join another of your computers by its link")
    .description(
      "Joins the device that made the link. Both then hold the data of both; nothing is lost on either.",
    )
    .argument(
      "[link]",
      "the link `masq invite` printed, or - to read it from the standard input; asked for if missing, which keeps it out of the shell's history",
    )
    .option("--yes", YES_HELP)
    .addHelpText("after", example("masq join", "masq join - --yes < link.txt"))
    .action((link: string | undefined, options: PairingOptions, command: Command) =>
      join(contextOf(command), link, options),
    );
};

const requireAnswer = (context: Context, { yes }: PairingOptions): void => {
  if (yes === true || canAsk(context)) return;
  throw usageError(
    "There is no terminal to ask on. Say --yes to agree beforehand. Nothing was done.",
  );
};

const invite = async (context: Context, options: InviteOptions): Promise<void> => {
  requireAnswer(context, options);
  const app = options.app === undefined ? null : readNamespace(options.app);
  await using link = await openAdminLink(context);
  const answer = fields.asRecord(
    await link.call("admin.invite", app).catch(async (error: unknown) => {
      throw codeOf(error) === "MASQ_CONFIG_INVALID" ? await withoutSyncService(context) : error;
    }),
    "an invitation",
  );
  const text = fields.asText(answer["link"], "a link");
  const expiresInMs = fields.asUint(answer["expiresInMs"], "a time");
  if (context.json) await printJson({ link: text, expiresInMs });
  else {
    const until = formatTimeOfDay(Date.now() + expiresInMs);
    await print(text);
    const qr = app === null ? undefined : terminalQr(text);
    const open =
      qr === undefined
        ? "Open this link on the other device."
        : `${qr}\n\nOpen this link on the other device, or point its camera at the code.`;
    const how =
      app === null
        ? `On the other device: ${bold("masq join", process.stderr)} and this link.`
        : open;
    remark(
      `\n${how} It works once, until ${until}.\nWhoever has it can ask to join: give it to nobody else. Waiting… (Ctrl-C withdraws it)\n`,
    );
  }
  using news = tellRelayNews(context, link, {
    without: "nobody can join",
    again: "the link can be used now",
  });
  await follow(context, link, {
    ...options,
    question: (name) => `Let ${quoted(name)} join your devices?`,
    met: () => news[Symbol.dispose](),
  });
};

const withoutSyncService = async (context: Context): Promise<MasqError> => {
  const set = await notTakenUp(context, []);
  const why =
    set ??
    `Devices meet at a sync service, and none is set here. Set one: ${context.hint("config set sync-service wss://…")}`;
  return new MasqError("MASQ_CONFIG_INVALID", `${why} Nothing was done.`);
};

const join = async (
  context: Context,
  text: string | undefined,
  options: PairingOptions,
): Promise<void> => {
  requireAnswer(context, options);
  const invitation = (await invitationText(context, text)).trim();
  if (invitation === "") throw usageError("No link was given. Nothing was done.");
  await using link = await openAdminLink(context);
  const answer = fields.asRecord(await link.call("admin.join", invitation), "a pairing");
  if (!context.json) remark("Looking for the other device…\n");
  using news = tellRelayNews(context, link, {
    syncService: fields.asText(answer["syncService"], "an address"),
    without: "the other device cannot be met",
    again: "the other device can be met now",
  });
  await follow(context, link, {
    ...options,
    question: (name) => `Join ${quoted(name)} and its devices?`,
    met: () => news[Symbol.dispose](),
  });
};

const invitationText = async (context: Context, text: string | undefined): Promise<string> => {
  if (text === "-") return readLine();
  if (text !== undefined) return text;
  if (canAsk(context)) return ask("The link that the other device shows: ");
  throw usageError(
    "There is no terminal to ask for the link on. Say - to have it read from the standard input. Nothing was done.",
  );
};

interface FollowOptions extends PairingOptions {
  readonly question: (name: string) => string;
  /** The other device has come, or the wait for it is over. */
  readonly met?: () => void;
}

/** Takes the events of a pairing up to its end. */
const follow = async (
  context: Context,
  link: AdminLink,
  { yes = false, question, met }: FollowOptions,
): Promise<void> => {
  let app: string | undefined;
  for (;;) {
    const event = fields.asRecord(await link.event("pairing"), "an event");
    met?.();
    if (event["event"] === "failed") throw failure(event["error"]);
    if (event["event"] === "paired")
      return paired(context, fields.asRecord(event["device"], "a device"), app);
    app = fields.optional(event["scope"], fields.asText, "an app");
    const name = fields.asText(event["name"], "a name");
    const code = spacedCode(fields.asText(event["code"], "digits"));
    if (!context.json) {
      remark(`${quoted(name)} is there. Both devices show the digits ${code}.`);
      const same = sameName(context, event);
      if (same !== undefined) remark(same);
    }
    const asked = app === undefined ? question(name) : appQuestion(app, name, event["role"]);
    const answer = yes || (await confirm(`${asked} [y/N] `));
    // Answered too late: what became of the pairing is told by itself.
    await link.call("admin.confirm", answer).catch(unlessOver);
    if (!context.json) remark("Waiting for the other device…");
  }
};

const unlessOver = (error: unknown): void => {
  if (!(error instanceof MasqError) || error.code !== "MASQ_NOT_FOUND") throw error;
};

const paired = async (
  context: Context,
  device: Readonly<Record<string, unknown>>,
  app: string | undefined,
): Promise<void> => {
  if (context.json) return printJson({ paired: device });
  const name = fields.asText(device["name"], "a name");
  const what = app === undefined ? "the data of both" : `what both have of ${shownApp(app)}`;
  await print(
    `Paired with ${quoted(name)}. Both now hold ${what}, as soon as they are connected. See: ${context.hint("sync status")}`,
  );
};

const failure = (error: unknown): MasqError => {
  const [codeField, message] = fields.asArray(error, "an error");
  const code = fields.asText(codeField, "a code");
  return new MasqError(
    isErrorCode(code) ? code : "MASQ_INTERNAL",
    fields.asText(message, "a text"),
  );
};

/** An app keeps its data itself; in its circle another store of the owner's is a device like any. */
const appQuestion = (app: string, name: string, role: unknown): string =>
  role === "app"
    ? `Let the app ${shownApp(app)} on ${quoted(name)} keep its data in step with this store?`
    : `Keep the data of ${shownApp(app)} in step with ${quoted(name)}?`;

const shownApp = (namespace: string): string => namespace.replace(/^(?:app:|https:\/\/)/, "");

/** Which device it could be confused with. */
const sameName = (
  { hint }: Context,
  event: Readonly<Record<string, unknown>>,
): string | undefined => {
  const isOwn = event["ownName"] === true;
  if (!isOwn && event["nameTaken"] !== true) return undefined;
  const which = isOwn
    ? "It has the same name as this one."
    : "You have a device with this name already.";
  const id = shortId(fields.asText(event["device"], "an id"));
  return `${which} Its id begins with ${id}; to tell them apart later: ${hint(`devices rename ${id} <name>`)}`;
};

const quoted = (name: string): string => `“${name}”`;

/** More than an invitation. */
const MAX_LINK_BYTES = 4096;

const readLine = async (): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_LINK_BYTES) throw usageError("That is no invitation. Nothing was done.");
  }
  return Buffer.concat(chunks).toString("utf8");
};
