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
  isNameTaken,
  loadDeviceKeys,
  OwnInvitations,
  Membership,
  NamespacePeers,
  SharingPreferences,
  SYSTEM_NAMESPACE,
  type Confirm,
  type DeviceId,
  type DeviceStatus,
  type PendingInvitation,
  type PendingJoin,
  type RelayStatus,
  type Sharing,
  type RelayAccess,
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
  readonly access?: RelayAccess | undefined;
}

/** Namespaces that are this store's alone, and Masq's own of which it knows nothing. */
const mayLeave = (namespace: NamespaceId): boolean =>
  namespace === SYSTEM_NAMESPACE || !namespace.startsWith("masq:");

/** A device of an app's circle. */
export interface AppDevice {
  readonly namespace: NamespaceId;
  readonly circle: Membership;
  readonly device: DeviceStatus;
}

/** What is shared of a namespace, and with whom otherwise. */
export interface NamespaceSharing {
  readonly namespace: NamespaceId;
  readonly sharing: Sharing;
  readonly exceptions: readonly { readonly device: DeviceId; readonly sharing: Sharing }[];
}

/** A sync service's address, and how it is: undefined while there is nobody to meet. */
export interface SyncServiceUse {
  readonly url: string;
  readonly status: RelayStatus | undefined;
}

export class Devices {
  /** Of the store circle. */
  readonly membership: Membership;
  readonly apps: AppCircles;
  readonly #preferences: SharingPreferences;
  readonly #storage: Storage;

  private constructor(
    membership: Membership,
    apps: AppCircles,
    preferences: SharingPreferences,
    storage: Storage,
  ) {
    this.membership = membership;
    this.apps = apps;
    this.#preferences = preferences;
    this.#storage = storage;
  }

  static async open(options: DevicesOptions): Promise<Devices> {
    const { host, log, storage, replicas, syncService, access, grants, relay } = options;
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
      ...(access && { access }),
      ownInvitations: new OwnInvitations(crypto),
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
        log.warn({ device, code: error.code, reason: error.message }, "session ended"),
      rewritten: (namespace: NamespaceId, count: number) =>
        log.error({ namespace, count }, "damage found: versions with two values, both kept"),
      succeeded: (namespace: NamespaceId) =>
        log.warn(
          { namespace },
          "other devices know of writes this store has forgotten: it was put back to an older copy, and goes on under a new replica id",
        ),
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
    return new Devices(membership, apps, preferences, storage);
  }

  /** Every circle in which the namespace is shared. */
  membershipsOf(namespace: NamespaceId): readonly Membership[] {
    const circle = this.apps.get(namespace);
    return circle === undefined ? [this.membership] : [this.membership, circle];
  }

  /** Invites another store, or an app that keeps its data itself; the link is in the form that belongs to it. */
  async invite(app: NamespaceId | undefined, confirm: Confirm): Promise<PendingInvitation> {
    if (app === undefined) return this.membership.invite(confirm);
    const invitation = await this.apps.pair(app, confirm, (circle, ask) => circle.invite(ask));
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
    const joining = await this.apps.pair(app, confirm, (circle, ask) => circle.join(text, ask));
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

  /** Devices of circles of apps, each in its circle: browsers and phones that keep an app's data themselves. */
  appDevices(): AppDevice[] {
    return this.apps.list().flatMap(([namespace, circle]) =>
      circle
        .devices()
        .filter(({ isOwn, isMet }) => !isOwn && isMet)
        .map((device) => ({ namespace, circle, device })),
    );
  }

  /** Gives a device another name in its circle, a store or one of `appDevices`. Throws MASQ_NOT_FOUND. */
  async rename(text: string, name: string): Promise<{ id: DeviceId; isNameTaken: boolean }> {
    const apps = this.appDevices();
    const stores = this.membership.devices();
    const id = idOf(text, [...stores, ...apps.map(({ device }) => device)]);
    const app = apps.find(({ device }) => device.member.record.id === id);
    const circle = app?.circle ?? this.membership;
    await circle.rename(id, name);
    return { id, isNameTaken: isNameTaken(circle.book.members(), id, name) };
  }

  /** The store the owner means: by its id, the beginning of it, or its name. Throws MASQ_NOT_FOUND. */
  find(text: string): DeviceId {
    return idOf(text, this.membership.devices());
  }

  sharing(namespace: NamespaceId, device: DeviceId): Sharing {
    return this.#preferences.of(namespace, device);
  }

  /** What holds for namespaces of which the owner has said nothing. */
  get defaultSharing(): Sharing {
    return this.#preferences.default;
  }

  /** Of every app's namespace that is here, or that the owner has decided about. */
  async allSharing(): Promise<NamespaceSharing[]> {
    const named = [...(await this.#storage.namespaces()), ...this.#preferences.named()];
    const apps = new Set(named.filter((one) => !one.startsWith("masq:")));
    const members = this.membership.devices().map(({ member }) => member.record.id);
    return [...apps].toSorted().map((namespace) => {
      const sharing = this.#preferences.everywhere(namespace);
      const exceptions = members
        .map((device) => ({ device, sharing: this.sharing(namespace, device) }))
        .filter((one) => one.sharing !== sharing);
      return { namespace, sharing, exceptions };
    });
  }

  /** Those set here, and those where other devices are met; each once. */
  syncServices(): SyncServiceUse[] {
    const statusByUrl = new Map<string, RelayStatus | undefined>(
      this.membership.syncServices.map((url) => [url, undefined]),
    );
    for (const circle of [this.membership, ...this.apps.list().map(([, circle]) => circle)]) {
      for (const { url, status } of circle.relays())
        statusByUrl.set(url, statusByUrl.get(url) ?? status);
    }
    return Array.from(statusByUrl, ([url, status]) => ({ url, status }));
  }

  /** Sets what is shared of namespaces of which nothing else is said; undefined goes back to on. */
  async shareByDefault(sharing: Sharing | undefined): Promise<void> {
    await this.#preferences.setDefault(sharing);
    if (sharing !== "on") this.membership.restart();
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

const idOf = (text: string, devices: readonly DeviceStatus[]): DeviceId => {
  const all = devices.map(({ member }) => member);
  const exact = all.filter(({ record, name }) => record.id === text || name === text);
  const found = exact.length > 0 ? exact : all.filter(({ record }) => isPrefix(text, record.id));
  const [member] = found;
  if (member !== undefined && found.length === 1) return member.record.id;
  throw new MasqError(
    "MASQ_NOT_FOUND",
    member === undefined
      ? "None of your devices has this name, or an id that begins so with at least four digits. `masq devices` lists them. Nothing was changed."
      : "Several of your devices are meant by this: give more of the id that `masq devices` shows. Nothing was changed.",
  );
};

const MIN_PREFIX_LENGTH = 4;

const isPrefix = (text: string, id: string): boolean =>
  text.length >= MIN_PREFIX_LENGTH && id.startsWith(text.toLowerCase());
