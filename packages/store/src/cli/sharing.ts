/** What an owner's preferences let a namespace reach. */
import type { DeviceItem, DevicesAnswer } from "./device-items.ts";

type Shared = Pick<DevicesAnswer, "sharing" | "namespaces"> & {
  readonly [list in "devices" | "apps"]: readonly Pick<DeviceItem, "id" | "isOwn" | "app">[];
};

/** The preference that lets fewer than `wanted` other devices have the namespace; undefined where none does. */
export const keptBack = (
  { devices, apps, sharing: usual, namespaces }: Shared,
  namespace: string,
  wanted: number,
): string | undefined => {
  const said = namespaces.find((item) => item.namespace === namespace);
  const preferenceOf = (id: string): string =>
    said?.exceptions.find(({ device }) => device === id)?.sharing ?? said?.sharing ?? usual;
  // Two stores share what is on for both.
  const own = devices.filter(({ isOwn }) => isOwn).map(({ id }) => preferenceOf(id));
  const others = devices.filter(({ isOwn }) => !isOwn).map(({ id }) => preferenceOf(id));
  const [keptHere] = own.filter((preference) => preference !== "on");
  const reached =
    keptHere === undefined ? others.filter((preference) => preference === "on").length : 0;
  // Preferences are for stores: an app that holds its data itself goes on.
  const inApps = apps.filter(({ app }) => app === namespace).length;
  if (reached + inApps >= wanted) return undefined;
  return keptHere ?? others.find((preference) => preference !== "on");
};
