/** `masq sync`: how far the owner's devices are, and which apps' data they share. */
import type { Command } from "commander";
import { openAdminLink } from "./admin-link.ts";
import { contextOf, example, readNamespace, type Context } from "./context.ts";
import {
  readDevices,
  type DeviceItem,
  type Progress,
  type SyncServiceItem,
} from "./device-items.ts";
import { bold, counted, formatTime, inColour, print, printJson, table } from "./output.ts";

const NAMESPACE_HELP =
  "an app's data: its address (https://maps.example.org) or its id (org.example.maps)";

interface ShareOptions {
  readonly device?: string;
}

/** What each command sets, and says afterwards. */
const SHARING_COMMANDS = [
  ["on", "share an app's data with your other devices again", "is shared"],
  ["off", "stop sharing an app's data; nothing is deleted anywhere", "is not shared"],
  ["pause", "stop sharing an app's data for a while", "is not shared for now"],
] as const;

export const addSync = (program: Command): void => {
  const sync = program
    .command("sync")
    .summary("see how far your devices are, and what they share")
    .description("Shows how far your devices are, and decides which apps' data they share.")
    .addHelpText("after", example("masq sync status", "masq sync off org.example.maps"));
  sync
    .command("status")
    .description("Shows for each device whether it is connected and holds the same.")
    .addHelpText("after", example("masq sync status", "masq sync status --json"))
    .action((_options: unknown, command: Command) => showStatus(contextOf(command)));
  for (const [name, description, result] of SHARING_COMMANDS) {
    sync
      .command(name)
      .description(`${description.charAt(0).toUpperCase()}${description.slice(1)}.`)
      .argument("<namespace>", NAMESPACE_HELP)
      .option("--device <device>", "only with this device, by name or id")
      .addHelpText("after", example(`masq sync ${name} org.example.maps`))
      .action((namespace: string, options: ShareOptions, command: Command) =>
        share(contextOf(command), readNamespace(namespace), name, options, result),
      );
  }
};

const share = async (
  context: Context,
  namespace: string,
  name: "on" | "off" | "pause",
  { device }: ShareOptions,
  result: string,
): Promise<void> => {
  await using link = await openAdminLink(context);
  const sharing = name === "pause" ? "paused" : name;
  await link.call("admin.share", [namespace, device ?? null, sharing]);
  await (context.json
    ? printJson({ namespace, device: device ?? null, sharing })
    : print(
        `${namespace} ${result} with ${device === undefined ? "your other devices" : `“${device}”`}. All your devices follow this as soon as they know.`,
      ));
};

const showStatus = async (context: Context): Promise<void> => {
  await using link = await openAdminLink(context);
  const { devices, apps, syncServices } = readDevices(await link.call("admin.devices"));
  if (context.json) return printJson({ devices, apps, syncServices });
  const others = [...devices.filter(({ isOwn }) => !isOwn), ...apps];
  const sections = [syncServicesText(context, syncServices)];
  if (others.length === 0) {
    sections.push(`This is your only device. Let another one join: ${context.hint("invite")}`);
  } else sections.push(devicesText(others), ...others.map(namespacesText));
  await print(sections.filter((text) => text !== "").join("\n\n"));
};

const syncServicesText = (context: Context, services: readonly SyncServiceItem[]): string =>
  services.length === 0
    ? `No sync service is in use, so devices cannot meet. Set one: ${context.hint("config set sync-service wss://…")}`
    : services
        .map(({ url, state, error }) =>
          state === "connected"
            ? `Sync service ${url}: ${inColour("green", "connected")}`
            : `Sync service ${url}: ${inColour("yellow", "not connected")}${error === null ? "" : `. ${error}`}`,
        )
        .join("\n");

const devicesText = (devices: readonly DeviceItem[]): string =>
  table(
    ["DEVICE", "CONNECTED", "TO SEND", "TO RECEIVE", "HOLDS THE SAME"],
    devices.map((device) => [
      device.name,
      device.isConnected
        ? "now"
        : device.lastSeen === null
          ? "never"
          : `last ${formatTime(device.lastSeen)}`,
      ...progressCells(device),
    ]),
  );

const progressCells = (
  progress: Progress & { readonly lastVerified?: number | null; readonly isMismatched?: boolean },
): [string, string, string] => {
  const { toSend, toReceive, verifiedSince, lastVerified = null, isMismatched = false } = progress;
  const verified =
    verifiedSince !== null
      ? `verified since ${formatTime(verifiedSince)}`
      : isMismatched
        ? "differs; being repaired"
        : lastVerified !== null
          ? `last verified ${formatTime(lastVerified)}`
          : "not yet";
  return [
    toSend === null ? "?" : String(toSend),
    toReceive === null ? "?" : String(toReceive),
    verified,
  ];
};

const namespacesText = ({ name, isConnected, namespaces }: DeviceItem): string => {
  if (!isConnected || namespaces.length === 0) return "";
  const rows = namespaces.map((item) => [item.namespace, item.sharing, ...progressCells(item)]);
  return `${bold(name)}: ${counted(namespaces.length, "namespace", "namespaces")}\n${table(
    ["NAMESPACE", "SHARED", "TO SEND", "TO RECEIVE", "HOLDS THE SAME"],
    rows,
  )}`;
};
