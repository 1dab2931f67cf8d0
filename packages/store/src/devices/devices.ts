/** The store among the owner's other devices: its membership of the store circle, and what it shares there. */
import { hostname } from "node:os";
import { MasqError, STORE_NAMESPACE, type Host, type NamespaceId, type Storage } from "@masq/core";
import {
  loadDeviceKeys,
  Membership,
  SharingPreferences,
  SYSTEM_NAMESPACE,
  type DeviceId,
  type Sharing,
} from "@masq/core/peer";
import { nodePeerPrimitives, openWebSocket } from "@masq/node";
import type { Logger } from "pino";
import type { Replicas } from "../gateway/replicas.ts";
import { deviceName } from "./device-name.ts";

export interface DevicesOptions {
  readonly host: Host;
  readonly log: Logger;
  readonly storage: Storage;
  readonly replicas: Replicas;
  /** Undefined: this store meets no other device, but can be asked what it would share. */
  readonly syncService: string | undefined;
}

/** Namespaces that are this store's alone, and Masq's own of which it knows nothing. */
const mayLeave = (namespace: NamespaceId): boolean =>
  namespace === SYSTEM_NAMESPACE || !namespace.startsWith("masq:");

export class Devices {
  readonly membership: Membership;
  readonly #preferences: SharingPreferences;

  private constructor(membership: Membership, preferences: SharingPreferences) {
    this.membership = membership;
    this.#preferences = preferences;
  }

  static async open(options: DevicesOptions): Promise<Devices> {
    const { host, log, storage, replicas, syncService } = options;
    const preferences = await SharingPreferences.open(await replicas.open(SYSTEM_NAMESPACE));
    const keys = await loadDeviceKeys(nodePeerPrimitives, host.random, storage, STORE_NAMESPACE);
    const membership = await Membership.open({
      host,
      crypto: nodePeerPrimitives,
      openSocket: openWebSocket,
      storage,
      namespace: STORE_NAMESPACE,
      keys,
      role: "store",
      name: deviceName(hostname()),
      syncServices: syncService === undefined ? [] : [syncService],
      namespaces: async () => (await storage.namespaces()).filter(mayLeave),
      shares: (namespace, device) =>
        mayLeave(namespace) && preferences.areSharing(namespace, [keys.id, device]),
      replica: (namespace) => replicas.open(namespace),
      failed: (device, error) => log.warn({ device, code: error.code }, "session ended"),
      rewritten: (namespace, count) =>
        log.error({ namespace, count }, "damage found: versions with two values, both kept"),
    });
    const devices = new Devices(membership, preferences);
    replicas.onOpened(() => membership.reconsider());
    preferences.onChanged(() => membership.reconsider());
    return devices;
  }

  /** The device the owner means: by its id, the beginning of it, or its name. Throws MASQ_NOT_FOUND. */
  find(text: string): DeviceId {
    const all = this.membership.devices().map(({ member }) => member);
    const exact = all.filter(({ record, name }) => record.id === text || name === text);
    const found = exact.length > 0 ? exact : all.filter(({ record }) => isPrefix(text, record.id));
    const [member] = found;
    if (member !== undefined && found.length === 1) return member.record.id;
    throw new MasqError(
      "MASQ_NOT_FOUND",
      member === undefined
        ? "None of your devices has this name or id. `masq devices` lists them. Nothing was changed."
        : "Several of your devices have this name: give the id that `masq devices` shows. Nothing was changed.",
    );
  }

  sharing(namespace: NamespaceId, device: DeviceId): Sharing {
    return this.#preferences.of(namespace, device);
  }

  /** Sets what is shared, with one device or all; undefined goes back to what holds otherwise. */
  async share(
    namespace: NamespaceId,
    device: DeviceId | undefined,
    sharing: Sharing | undefined,
  ): Promise<void> {
    await this.#preferences.set(namespace, device, sharing);
    if (sharing !== "on") this.membership.restart();
  }
}

const MIN_PREFIX_LENGTH = 4;

const isPrefix = (text: string, id: string): boolean =>
  text.length >= MIN_PREFIX_LENGTH && id.startsWith(text.toLowerCase());
