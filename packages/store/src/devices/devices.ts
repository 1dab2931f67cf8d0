/**
 * The store among the owner's other devices: its membership of the store circle and of circles of apps, and what it
 * shares there.
 */
import { hostname } from "node:os";
import {
  MasqError,
  STORE_NAMESPACE,
  type Grants,
  type Host,
  type NamespaceId,
  type Storage,
} from "@masq/core";
import {
  appInvitation,
  deviceNameOf,
  invitedNamespace,
  loadDeviceKeys,
  Membership,
  NamespacePeers,
  SharingPreferences,
  SYSTEM_NAMESPACE,
  type Confirm,
  type DeviceId,
  type PendingInvitation,
  type PendingJoin,
  type Sharing,
} from "@masq/core/peer";
import { nodePeerPrimitives, openWebSocket } from "@masq/node";
import type { Logger } from "pino";
import type { Replicas } from "../gateway/replicas.ts";
import { AppCircles, type AppCircleContext } from "./app-circles.ts";
import { CircleMirror } from "./circle-mirror.ts";

export interface DevicesOptions {
  readonly host: Host;
  readonly log: Logger;
  readonly storage: Storage;
  readonly replicas: Replicas;
  /** Undefined: this store meets no other device, but can be asked what it would share. */
  readonly syncService: string | undefined;
  readonly grants: Grants;
  readonly relay: AppCircleContext["relay"];
}

/** Namespaces that are this store's alone, and Masq's own of which it knows nothing. */
const mayLeave = (namespace: NamespaceId): boolean =>
  namespace === SYSTEM_NAMESPACE || !namespace.startsWith("masq:");

export class Devices {
  /** Of the store circle. */
  readonly membership: Membership;
  readonly apps: AppCircles;
  readonly #preferences: SharingPreferences;

  private constructor(membership: Membership, apps: AppCircles, preferences: SharingPreferences) {
    this.membership = membership;
    this.apps = apps;
    this.#preferences = preferences;
  }

  static async open(options: DevicesOptions): Promise<Devices> {
    const { host, log, storage, replicas, syncService, grants, relay } = options;
    const crypto = nodePeerPrimitives;
    const system = await replicas.open(SYSTEM_NAMESPACE);
    const preferences = await SharingPreferences.open(system);
    const keys = await loadDeviceKeys(crypto, host.random, storage, STORE_NAMESPACE);
    const peersByNamespace = new Map<NamespaceId, Promise<NamespacePeers>>();
    const shared = {
      host,
      crypto,
      openSocket: openWebSocket,
      storage,
      replica: (namespace: NamespaceId) => replicas.open(namespace),
      peers: (namespace: NamespaceId) => {
        const peers =
          peersByNamespace.get(namespace) ??
          replicas.open(namespace).then((replica) => NamespacePeers.open(replica));
        peersByNamespace.set(namespace, peers);
        peers.catch(() => peersByNamespace.delete(namespace));
        return peers;
      },
      failed: (device: DeviceId, error: MasqError) =>
        log.warn({ device, code: error.code }, "session ended"),
      rewritten: (namespace: NamespaceId, count: number) =>
        log.error({ namespace, count }, "damage found: versions with two values, both kept"),
    };
    const membership = await Membership.open({
      ...shared,
      namespace: STORE_NAMESPACE,
      keys,
      role: "store",
      name: deviceNameOf(hostname().split(".")[0] ?? "", "Computer"),
      syncServices: syncService === undefined ? [] : [syncService],
      namespaces: async () => (await storage.namespaces()).filter(mayLeave),
      shares: (namespace, device) =>
        mayLeave(namespace) && preferences.areSharing(namespace, [keys.id, device]),
    });
    const mirror = new CircleMirror({
      log,
      crypto,
      system,
      open: (namespace) => apps.open(namespace),
      isShared: (namespace) => preferences.of(namespace, keys.id) === "on",
    });
    const apps = new AppCircles({
      ...shared,
      syncServices: () => membership.syncServices,
      stores: membership,
      isOwnStore: (namespace, member) => mirror.isOwnStore(namespace, member),
      hasAccess: (app) => grants.list().some(({ identity }) => identity === app),
      relay,
      opened: (namespace, circle) => mirror.opened(namespace, circle),
    });
    await mirror.start();
    await apps.resume();
    replicas.onOpened(() => membership.reconsider());
    preferences.onChanged(() => membership.reconsider());
    return new Devices(membership, apps, preferences);
  }

  /** Every circle in which the namespace is shared. */
  membershipsOf(namespace: NamespaceId): readonly Membership[] {
    const circle = this.apps.get(namespace);
    return circle === undefined ? [this.membership] : [this.membership, circle];
  }

  /** Invites another store, or an app that keeps its data itself; the link is in the form that belongs to it. */
  async invite(app: NamespaceId | undefined, confirm: Confirm): Promise<PendingInvitation> {
    if (app === undefined) return this.membership.invite(confirm);
    const invitation = (await this.apps.open(app)).invite(confirm);
    this.#followOwner(app, invitation.done);
    return { ...invitation, text: appInvitation(invitation.text, app) };
  }

  /** Joins by a link: another store's, or an app's, whose namespace it then shares. */
  async join(
    text: string,
    confirm: Confirm,
  ): Promise<PendingJoin & { readonly syncService: string }> {
    const app = invitedNamespace(text);
    if (app === undefined) return this.membership.join(text, confirm);
    const joining = (await this.apps.open(app)).join(text, confirm);
    this.#followOwner(app, joining.done);
    return joining;
  }

  #followOwner(app: NamespaceId, pairing: Promise<unknown>): void {
    pairing.then(() => this.apps.pairedByOwner(app)).catch(() => {});
  }

  /** Listens at this sync service from now on, in every circle. */
  async setSyncService(url: string): Promise<void> {
    await this.membership.setSyncServices([url]);
    for (const [, circle] of this.apps.list()) await circle.setSyncServices([url]);
  }

  close(): void {
    this.apps.close();
    this.membership.close();
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
