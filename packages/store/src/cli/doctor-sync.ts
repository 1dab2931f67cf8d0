/** The checks of `masq doctor` that look at what keeps the owner's devices in step. */
import { trySyncService } from "@masq/core/peer";
import { nodeHost, openWebSocket } from "@masq/node";
import type { AdminLink } from "./admin-link.ts";
import type { Context } from "./context.ts";
import { nameAmong, readDevices, type DeviceItem, type DevicesAnswer } from "./device-items.ts";
import { messageOf, type Finding } from "./finding.ts";
import { counted, formatTime } from "./output.ts";

/**
 * The sync service is tried by this program itself, so that it is known to be there before the store needs it.
 * `syncService` is the one of the settings; without `link` no store runs.
 */
export async function* checkSync(
  { hint }: Context,
  syncService: string | undefined,
  link: AdminLink | undefined,
): AsyncGenerator<Finding> {
  if (syncService !== undefined) yield await checkSyncService(syncService);
  let answer: DevicesAnswer | undefined;
  try {
    if (link !== undefined) answer = readDevices(await link.call("admin.devices"));
  } catch (error) {
    yield { check: "devices", mark: "fail", text: messageOf(error) };
  }
  if (answer === undefined) return;
  const all = [...answer.devices, ...answer.apps];
  const others = all
    .filter(({ isOwn }) => !isOwn)
    .map((device) => ({ ...device, name: nameAmong(all, device) }));
  if (syncService === undefined) yield withoutSyncService(others.length > 0, hint);
  const connected = others.filter(({ isConnected }) => isConnected).length;
  const text =
    others.length === 0
      ? "this is the only one"
      : `${counted(others.length, "other one", "other ones")}, ${connected} connected now`;
  yield { check: "devices", mark: "ok", text };
  for (const device of others) {
    if (device.lastError !== null || device.isMismatched) yield sessionFinding(device);
  }
}

const withoutSyncService = (hasOthers: boolean, hint: Context["hint"]): Finding => ({
  check: "sync service",
  mark: hasOthers ? "warn" : "ok",
  text: "none is set, so this device waits for no other",
  ...(hasOthers && { todo: `Set one with: ${hint("config set sync-service wss://…")}` }),
});

const checkSyncService = async (url: string): Promise<Finding> => {
  const status = await trySyncService({ host: nodeHost, openSocket: openWebSocket, url });
  const check = "sync service";
  if (status.state === "connected") return { check, mark: "ok", text: `${url} answers` };
  const why = status.state === "waiting" ? status.error.message : "It does not answer.";
  return {
    check,
    mark: "warn",
    text: `${url} cannot be used. ${why}`,
    todo: "Look whether it runs, the address is right and this computer is online.",
  };
};

const sessionFinding = ({ name, lastError }: DeviceItem): Finding => ({
  check: "sync",
  mark: "warn",
  text:
    lastError === null
      ? `“${name}” knows the same writes and holds something else; it is being repaired`
      : `the session with “${name}” ended at ${formatTime(lastError.at)}, and they have not agreed since: ${lastError.text}`,
  todo: "Bring Masq on both devices up to date; the store's log tells how often it happens.",
});
