/** The person's devices; those of a store without names, which are its owner's. */
import type { Device } from "../../device-status.ts";
import { h } from "../dom.ts";
import { icon } from "../icons.ts";
import type { Known } from "../stage.ts";
import type { Speech } from "../text/speech.ts";

/** The point stays with what stands before it when the line breaks. */
const BETWEEN = "\u00a0· ";

const facts = (device: Device, { t, number, ago, time }: Speech): string[] => {
  const now = new Date();
  const { connected, lastSeen, verifiedSince, toSend = 0, toReceive = 0 } = device;
  const seen = lastSeen === undefined ? t.devices.neverSeen : t.devices.seen(ago(lastSeen, now));
  return [
    connected ? t.devices.connected : seen,
    ...(verifiedSince === undefined ? [] : [t.devices.verified(time(verifiedSince, now))]),
    ...(toSend > 0 ? [t.devices.toSend(toSend, number(toSend))] : []),
    ...(toReceive > 0 ? [t.devices.toReceive(toReceive, number(toReceive))] : []),
  ];
};

/** As on the command line. */
const ID_LETTERS = 8;

/** The beginning of a device's id where another one has the same name; nothing otherwise. */
export const idAmong = (devices: readonly Device[], { id, name }: Device): string =>
  name !== undefined && devices.filter((device) => device.name === name).length > 1
    ? ` (${id?.slice(0, ID_LETTERS)})`
    : "";

const item = (name: string, lines: readonly string[], mood: string, isStore = false): HTMLElement =>
  h(
    "li",
    { part: "device" },
    h(
      "span",
      { class: `badge small ${mood}`, "aria-hidden": "true" },
      icon(isStore ? "store" : "device"),
    ),
    h("div", {}, h("p", { class: "name" }, name), h("p", { class: "facts" }, lines.join(BETWEEN))),
  );

export const deviceList = ({ speech, follower, trouble }: Known): Node[] => {
  if (follower?.status === undefined || follower.status.ended !== undefined) return [];
  const { t } = speech;
  const isStore = follower.client.mode === "store";
  const holds = isStore ? t.devices.storeHolds : t.devices.ownHolds;
  const own = item(
    t.devices.own,
    [trouble === undefined ? holds : t.problems[trouble.key].title],
    trouble === undefined ? "good" : "bad",
    isStore,
  );
  const others = follower.devices.map((device, index) => {
    const name = isStore
      ? t.devices.other(index + 2, speech.number(index + 2))
      : speech.name(device.name) + idAmong(follower.devices, device);
    return item(name, facts(device, speech), device.connected ? "good" : "calm");
  });
  return [
    h("h3", {}, t.devices.heading),
    h("ul", { role: "list", part: "devices" }, own, ...others),
    ...(isStore ? [h("p", { class: "hint" }, t.devices.storePairs)] : []),
  ];
};
