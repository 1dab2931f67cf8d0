/** The owner's devices as the store tells of them. */
import { fields } from "@masq/core";
import { asRecords } from "./admin-link.ts";

/** As much of an id as tells a person's devices apart. */
export const shortId = (id: string): string => id.slice(0, 8);

/** A device's name, and the beginning of its id where another one has the same name. */
export const nameAmong = (
  devices: readonly Pick<DeviceItem, "id" | "name">[],
  { id, name }: Pick<DeviceItem, "id" | "name">,
): string =>
  devices.some((other) => other.name === name && other.id !== id)
    ? `${name} (${shortId(id)})`
    : name;

export interface Progress {
  /** Milliseconds since 1970; null while the two devices are not known to hold the same. */
  readonly verifiedSince: number | null;
  /** Versions, about; null while unknown. */
  readonly toSend: number | null;
  readonly toReceive: number | null;
}

export interface NamespaceItem extends Progress {
  readonly namespace: string;
  readonly sharing: string;
}

/** Why a session ended, and when. */
export interface LastError {
  readonly code: string;
  readonly text: string;
  readonly at: number;
}

/** What is shared of a namespace with all devices but the exceptions. */
export interface SharingItem {
  readonly namespace: string;
  readonly sharing: string;
  readonly exceptions: readonly { readonly device: string; readonly sharing: string }[];
}

export interface DeviceItem extends Progress {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  /** The app that this device is; null for a store. */
  readonly app: string | null;
  readonly isOwn: boolean;
  readonly added: number;
  readonly isConnected: boolean;
  readonly lastSeen: number | null;
  readonly lastVerified: number | null;
  readonly isMismatched: boolean;
  /** Of the last session that a fault ended; null once both hold the same again. */
  readonly lastError: LastError | null;
  readonly namespaces: readonly NamespaceItem[];
}

export interface SyncServiceItem {
  readonly url: string;
  readonly state: string;
  readonly error: string | null;
}

const count = (field: unknown): number | null =>
  fields.optional(field, fields.asUint, "a number") ?? null;

const readProgress = (item: Readonly<Record<string, unknown>>): Progress => ({
  verifiedSince: count(item["verifiedSince"]),
  toSend: count(item["toSend"]),
  toReceive: count(item["toReceive"]),
});

const readLastError = (field: unknown): LastError => {
  const item = fields.asRecord(field, "an error");
  return {
    code: fields.asText(item["code"], "a code"),
    text: fields.asText(item["text"], "a text"),
    at: fields.asUint(item["at"], "a time"),
  };
};

const readSharing = (item: Readonly<Record<string, unknown>>): SharingItem => ({
  namespace: fields.asText(item["namespace"], "a namespace"),
  sharing: fields.asText(item["sharing"], "a preference"),
  exceptions: asRecords(item["exceptions"]).map((exception) => ({
    device: fields.asText(exception["device"], "an id"),
    sharing: fields.asText(exception["sharing"], "a preference"),
  })),
});

const readDevice = (item: Readonly<Record<string, unknown>>): DeviceItem => ({
  id: fields.asText(item["id"], "an id"),
  name: fields.asText(item["name"], "a name"),
  role: fields.asText(item["role"], "a role"),
  app: fields.optional(item["app"], fields.asText, "an app") ?? null,
  isOwn: fields.asFlag(item["own"], "a flag"),
  added: fields.asUint(item["added"], "a time"),
  isConnected: fields.asFlag(item["connected"], "a flag"),
  lastSeen: count(item["lastSeen"]),
  lastVerified: count(item["lastVerified"]),
  isMismatched: fields.asFlag(item["mismatched"], "a flag"),
  lastError: fields.optional(item["lastError"], readLastError, "an error") ?? null,
  ...readProgress(item),
  namespaces: asRecords(item["namespaces"]).map((namespace) => ({
    namespace: fields.asText(namespace["namespace"], "a namespace"),
    sharing: fields.asText(namespace["sharing"], "a preference"),
    ...readProgress(namespace),
  })),
});

const readSyncService = (item: Readonly<Record<string, unknown>>): SyncServiceItem => {
  const error = fields.optional(item["error"], fields.asArray, "an error");
  return {
    url: fields.asText(item["url"], "an address"),
    state: fields.asText(item["state"], "a state"),
    error: error === undefined ? null : fields.asText(error[1], "a text"),
  };
};

export interface DevicesAnswer {
  /** This device first. */
  readonly devices: readonly DeviceItem[];
  /** Browsers and phones that keep an app's data themselves. */
  readonly apps: readonly DeviceItem[];
  readonly syncServices: readonly SyncServiceItem[];
  /** What holds for namespaces of which nothing is said. */
  readonly sharing: string;
  readonly namespaces: readonly SharingItem[];
}

/** The answer to `admin.devices`. */
export const readDevices = (answer: unknown): DevicesAnswer => {
  const item = fields.asRecord(answer, "devices");
  return {
    devices: asRecords(item["devices"]).map(readDevice),
    apps: asRecords(item["apps"]).map(readDevice),
    syncServices: asRecords(item["syncServices"]).map(readSyncService),
    sharing: fields.asText(item["sharing"], "a preference"),
    namespaces: asRecords(item["namespaces"]).map(readSharing),
  };
};
