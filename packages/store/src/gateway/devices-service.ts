/** What the owner's command line may ask about the owner's devices: who they are, how far they are, and pairing. */
import { fields, MasqError, parseNamespaceId, type NamespaceId } from "@masq/core";
import { deviceItem, PairingRequests, SHARING, type DeviceStatus } from "@masq/core/peer";
import { appNamespace } from "./app-namespace.ts";
import type { Devices } from "../devices/devices.ts";

export interface DevicesServiceOptions {
  readonly devices: Devices;
  /** Keeps the sync service of an invitation for a store that had none. */
  readonly adoptSyncService: (url: string) => Promise<void>;
  readonly emit: (name: string, data: unknown) => void;
}

export class DevicesService {
  readonly #options: DevicesServiceOptions;
  readonly #pairing: PairingRequests;

  constructor(options: DevicesServiceOptions) {
    this.#options = options;
    const { devices, adoptSyncService, emit } = options;
    this.#pairing = new PairingRequests({
      // `app or null`
      invite: async (confirm, params) => {
        const text = fields.optional(params, fields.asText, "an app");
        return devices.invite(text === undefined ? undefined : appNamespace(text), confirm);
      },
      join: (link, confirm) => devices.join(link, confirm),
      hasSyncService: () => devices.membership.syncServices.length > 0,
      adoptSyncService,
      emit,
    });
  }

  /** Undefined for a method that is none of these. */
  handle(method: string, params: unknown): Promise<unknown> | undefined {
    switch (method) {
      case "admin.devices":
        return this.#list();
      case "admin.rename":
        return this.#rename(params);
      case "admin.share":
        return this.#share(params);
      case "admin.invite":
        return this.#pairing.invite(params);
      case "admin.join":
        return this.#pairing.join(params);
      case "admin.confirm":
        return this.#pairing.confirm(params);
      default:
        return undefined;
    }
  }

  /** Whoever asked for the pairing has gone: nobody could confirm it. */
  close(): void {
    this.#pairing.close();
  }

  async #list(): Promise<unknown> {
    const { devices } = this.#options;
    const { membership } = devices;
    return {
      devices: membership.devices().map((device) => this.#deviceItem(device, null)),
      apps: devices
        .appDevices()
        .map(({ device, namespace }) => this.#deviceItem(device, namespace)),
      sharing: devices.defaultSharing,
      namespaces: (await devices.allSharing()).map(({ namespace, sharing, exceptions }) => ({
        namespace,
        sharing,
        exceptions,
      })),
      syncServices: devices.syncServices().map(({ url, status }) => ({
        url,
        state: status?.state ?? "unused",
        error: status?.state === "waiting" ? [status.error.code, status.error.message] : null,
      })),
    };
  }

  /** `app`: the namespace in whose circle it is, null for a store. */
  #deviceItem(device: DeviceStatus, app: NamespaceId | null): unknown {
    const { member } = device;
    const { devices } = this.#options;
    return {
      ...deviceItem(device),
      app,
      namespaces: Array.from(device.namespaces, ([namespace, status]) => ({
        namespace,
        sharing: devices.sharing(namespace, member.record.id),
        verifiedSince: status.verifiedSince ?? null,
        toSend: status.toSend ?? null,
        toReceive: status.toReceive ?? null,
      })),
    };
  }

  /** `[device, name]` -> the device */
  async #rename(params: unknown): Promise<unknown> {
    const { devices } = this.#options;
    const [deviceField, nameField] = fields.asArray(params, "a name");
    const name = fields.asText(nameField, "a name");
    const { id, isNameTaken } = await devices.rename(fields.asText(deviceField, "a device"), name);
    return { id, name, nameTaken: isNameTaken };
  }

  /** `[namespace, or null for the default, device or null, "on", "off", "paused" or null]` */
  async #share(params: unknown): Promise<null> {
    const { devices } = this.#options;
    const [namespaceField, deviceField, sharingField] = fields.asArray(params, "a preference");
    const namespace = fields.optional(namespaceField, fields.asText, "a namespace");
    const device = fields.optional(deviceField, fields.asText, "a device");
    const text = fields.optional(sharingField, fields.asText, "a preference");
    const sharing = SHARING.find((one) => one === text);
    if (text !== undefined && sharing === undefined)
      throw new MasqError(
        "MASQ_OPTION_INVALID",
        "Sharing is on, off or paused. Nothing was changed.",
      );
    if (namespace === undefined) {
      if (device !== undefined)
        throw new MasqError(
          "MASQ_OPTION_INVALID",
          "The default holds for all devices. Nothing was changed.",
        );
      await devices.shareByDefault(sharing);
      return null;
    }
    await devices.share(
      parseNamespaceId(namespace),
      device === undefined ? undefined : devices.find(device),
      sharing,
    );
    return null;
  }
}
