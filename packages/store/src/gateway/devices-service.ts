/** What the owner's command line may ask about the owner's devices: who they are, how far they are, and pairing. */
import { fields, MasqError, parseNamespaceId, toMasqError, type NamespaceId } from "@masq/core";
import { SHARING, type DeviceStatus, type Member, type PairingPeer } from "@masq/core/peer";
import { appNamespace } from "./app-namespace.ts";
import type { Devices } from "../devices/devices.ts";

export interface DevicesServiceOptions {
  readonly devices: Devices;
  /** Keeps the sync service of an invitation for a store that had none. */
  readonly adoptSyncService: (url: string) => Promise<void>;
  readonly emit: (name: string, data: unknown) => void;
}

interface Pairing {
  readonly cancel: () => void;
  answer: ((isAgreed: boolean) => void) | undefined;
}

export class DevicesService {
  readonly #options: DevicesServiceOptions;
  #pairing: Pairing | undefined;

  constructor(options: DevicesServiceOptions) {
    this.#options = options;
  }

  /** Undefined for a method that is none of these. */
  handle(method: string, params: unknown): Promise<unknown> | undefined {
    switch (method) {
      case "admin.devices":
        return Promise.resolve(this.#list());
      case "admin.rename":
        return this.#rename(params);
      case "admin.share":
        return this.#share(params);
      case "admin.invite":
        return this.#invite(params);
      case "admin.join":
        return this.#join(params);
      case "admin.confirm":
        return this.#confirm(params);
      default:
        return undefined;
    }
  }

  /** Whoever asked for the pairing has gone: nobody could confirm it. */
  close(): void {
    this.#pairing?.cancel();
  }

  #list(): unknown {
    const { membership, apps } = this.#options.devices;
    return {
      devices: membership.devices().map((device) => this.#deviceItem(device, null)),
      apps: apps.list().flatMap(([namespace, circle]) =>
        circle
          .devices()
          .filter(({ isOwn, isMet }) => !isOwn && isMet)
          .map((device) => this.#deviceItem(device, namespace)),
      ),
      syncServices: membership.relays().map(({ url, status }) => ({
        url,
        state: status.state,
        error: status.state === "waiting" ? [status.error.code, status.error.message] : null,
      })),
    };
  }

  /** `app`: the namespace in whose circle it is, null for a store. */
  #deviceItem(device: DeviceStatus, app: NamespaceId | null): unknown {
    const { member, isOwn } = device;
    const { devices } = this.#options;
    return {
      ...memberItem(member),
      app,
      own: isOwn,
      connected: device.isConnected,
      lastSeen: device.lastSeen ?? null,
      lastVerified: device.lastVerified ?? null,
      verifiedSince: device.verifiedSince ?? null,
      toSend: device.toSend ?? null,
      toReceive: device.toReceive ?? null,
      mismatched: device.isMismatched,
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
    const device = devices.find(fields.asText(deviceField, "a device"));
    const name = fields.asText(nameField, "a name");
    await devices.membership.rename(device, name);
    return { id: device, name };
  }

  /** `[namespace, device or null, "on", "off", "paused" or null]` */
  async #share(params: unknown): Promise<null> {
    const { devices } = this.#options;
    const [namespaceField, deviceField, sharingField] = fields.asArray(params, "a preference");
    const namespace = parseNamespaceId(fields.asText(namespaceField, "a namespace"));
    const device = fields.optional(deviceField, fields.asText, "a device");
    const text = fields.optional(sharingField, fields.asText, "a preference");
    const sharing = SHARING.find((one) => one === text);
    if (text !== undefined && sharing === undefined)
      throw new MasqError(
        "MASQ_OPTION_INVALID",
        "Sharing is on, off or paused. Nothing was changed.",
      );
    await devices.share(
      namespace,
      device === undefined ? undefined : devices.find(device),
      sharing,
    );
    return null;
  }

  /** `app or null` -> `{ link, expiresInMs }`; `pairing` events follow. */
  async #invite(params: unknown): Promise<unknown> {
    this.#requireIdle();
    const text = fields.optional(params, fields.asText, "an app");
    const app = text === undefined ? undefined : appNamespace(text);
    const { devices } = this.#options;
    const {
      text: link,
      expiresInMs,
      done,
      cancel,
    } = await devices.invite(app, (peer) => this.#ask(peer));
    this.#follow(done, cancel);
    return { link, expiresInMs };
  }

  /** `link` -> null; `pairing` events follow. */
  async #join(params: unknown): Promise<null> {
    this.#requireIdle();
    const { devices, adoptSyncService } = this.#options;
    const text = fields.asText(params, "an invitation");
    const { syncService, done, cancel } = await devices.join(text, (peer) => this.#ask(peer));
    const paired = done.then(async (member) => {
      if (devices.membership.syncServices.length === 0) await adoptSyncService(syncService);
      return member;
    });
    this.#follow(paired, cancel);
    return null;
  }

  /** The person's yes or no to the last `confirm` event. */
  async #confirm(params: unknown): Promise<null> {
    const isAgreed = fields.asFlag(params, "an answer");
    const pairing = this.#pairing;
    if (pairing?.answer === undefined)
      throw new MasqError("MASQ_NOT_FOUND", "No device waits for an answer. Nothing was done.");
    pairing.answer(isAgreed);
    pairing.answer = undefined;
    return null;
  }

  #requireIdle(): void {
    if (this.#pairing === undefined) return;
    throw new MasqError(
      "MASQ_MESSAGE_INVALID",
      "This connection is pairing a device already. Nothing was done.",
    );
  }

  #ask({ device, name, code }: PairingPeer): Promise<boolean> {
    return new Promise((resolve) => {
      const pairing = this.#pairing;
      if (pairing === undefined) return resolve(false);
      pairing.answer = resolve;
      this.#options.emit("pairing", { event: "confirm", device, name, code });
    });
  }

  #follow(done: Promise<Member>, cancel: () => void): void {
    this.#pairing = { cancel, answer: undefined };
    const { emit } = this.#options;
    done.then(
      (member) => {
        this.#pairing = undefined;
        emit("pairing", { event: "paired", device: memberItem(member) });
      },
      (reason: unknown) => {
        this.#pairing = undefined;
        const { code, message } = toMasqError(reason);
        emit("pairing", { event: "failed", error: [code, message] });
      },
    );
  }
}

const memberItem = ({ record, role, name, added, addedBy }: Member): Record<string, unknown> => ({
  id: record.id,
  name,
  role,
  added,
  addedBy,
  syncServices: record.syncServices,
});
