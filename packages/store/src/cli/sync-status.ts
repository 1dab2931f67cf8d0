/** `masq sync status`: how far the owner's devices are, and what they share. */
import { readConfig } from "../config.ts";
import { openAdminLink } from "./admin-link.ts";
import type { Context } from "./context.ts";
import {
  nameAmong,
  readDevices,
  type DeviceItem,
  type DevicesAnswer,
  type Progress,
  type SyncServiceItem,
} from "./device-items.ts";
import {
  bold,
  counted,
  dim,
  fittingTable,
  formatTime,
  inColour,
  print,
  printJson,
} from "./output.ts";

export const showStatus = async (context: Context): Promise<void> => {
  await using link = await openAdminLink(context);
  const answer = readDevices(await link.call("admin.devices"));
  if (context.json) return printJson(answer);
  const { devices, apps, syncServices } = answer;
  const others = [...devices.filter(({ isOwn }) => !isOwn), ...apps].map((device) => ({
    ...device,
    name: nameAmong([...devices, ...apps], device),
  }));
  const pending = await notTakenUp(context, syncServices);
  const sections = [syncServicesText(context, syncServices, pending)];
  if (others.length === 0) {
    sections.push(`This is your only device. Let another one join: ${context.hint("invite")}`);
  } else {
    sections.push(devicesText(others), ...others.map(lastErrorText), ...others.map(namespacesText));
  }
  sections.push(sharingText(answer));
  await print(sections.filter((text) => text !== "").join("\n\n"));
};

/** Of a sync service that the settings name and the running store does not know, as it reads them when it starts. */
export const notTakenUp = async (
  { files, hint }: Context,
  services: readonly SyncServiceItem[],
): Promise<string | undefined> => {
  const { syncService } = await readConfig(files.config);
  if (syncService === undefined || services.some(({ url }) => url === syncService))
    return undefined;
  return `Sync service ${syncService}: set, but not taken up yet. Start the store again: ${hint("stop")}, then ${hint("start")}`;
};

const syncServicesText = (
  { hint }: Context,
  services: readonly SyncServiceItem[],
  pending: string | undefined,
): string => {
  if (services.length === 0 && pending === undefined)
    return `No sync service is set, so devices cannot meet. Set one: ${hint("config set sync-service wss://…")}`;
  const lines = services.map(syncServiceText);
  return [...lines, ...(pending === undefined ? [] : [pending])].join("\n");
};

const syncServiceText = ({ url, state, error }: SyncServiceItem): string => {
  if (state === "connected") return `Sync service ${url}: ${inColour("green", "connected")}`;
  if (state === "unused")
    return `Sync service ${url}: set, not used yet, as there is no other device to meet`;
  const why = error === null ? "" : `. ${error}`;
  return `Sync service ${url}: ${inColour("yellow", "not connected")}${why}`;
};

const devicesText = (devices: readonly DeviceItem[]): string =>
  `${fittingTable(
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
  )}\n${dim("All of it is about what is shared; what is off or paused does not count.")}`;

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
  return `${bold(name)}: ${counted(namespaces.length, "namespace", "namespaces")}\n${fittingTable(
    ["NAMESPACE", "SHARED", "TO SEND", "TO RECEIVE", "HOLDS THE SAME"],
    rows,
  )}`;
};

const lastErrorText = ({ name, lastError }: DeviceItem): string =>
  lastError === null
    ? ""
    : inColour(
        "yellow",
        `The last session with “${name}” ended at ${formatTime(lastError.at)}: ${lastError.text} (${lastError.code})`,
      );

/** What is shared, whoever is connected; so that what is off is seen as well. */
const sharingText = ({ sharing, namespaces, devices }: DevicesAnswer): string => {
  const nameOf = (id: string): string => {
    const device = devices.find((one) => one.id === id);
    return device === undefined ? id : nameAmong(devices, device);
  };
  const rows = namespaces.map(({ namespace, sharing: usual, exceptions }) => [
    namespace,
    [usual, ...exceptions.map((one) => `${one.sharing} for “${nameOf(one.device)}”`)].join(", "),
  ]);
  const others = `${rows.length === 0 ? "Apps' data are" : "Any other app's data are"} shared: ${sharing}`;
  if (rows.length === 0) return others;
  return `${fittingTable(["NAMESPACE", "SHARED"], rows)}\n${others}`;
};
