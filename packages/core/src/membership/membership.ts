/**
 * A device's part in one circle: its keys, its copy of the device log, a link to each other member, and the pairing of
 * further ones. What the circle's devices exchange and what a namespace is to the device comes in from outside, so that
 * a store and an app are members in the same way.
 */
import type { Member } from "../circle/device-log.ts";
import type { SignedRecord } from "../circle/device-record.ts";
import { LogBook } from "../circle/log-book.ts";
import type { DeviceRole } from "../circle/operation.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import type { DeviceId, NamespaceId } from "../data/ids.ts";
import { codeOf, MasqError } from "../errors.ts";
import type { Host, OpenSocket } from "../host.ts";
import type { Confirm, PairingSelf } from "../pairing/agreement.ts";
import type { PendingInvitation } from "../pairing/inviter.ts";
import type { PendingJoin } from "../pairing/joiner.ts";
import type { RelayStatus } from "../relay/relay-link.ts";
import type { Replica } from "../replica/replica.ts";
import type { Storage } from "../storage.ts";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { syncServiceAddress } from "../relay/service-address.ts";
import { SyncNamespace } from "../sync/sync-namespace.ts";
import type { Sharer } from "../sync/holding.ts";
import type { NamespacePeers } from "../sync/namespace-peers.ts";
import type { DeviceKeys } from "./device-keys.ts";
import { LastSeen } from "./last-seen.ts";
import { MemberLink, type MemberLinkContext, type MemberStatus } from "./member-link.ts";
import { OwnInvitations } from "./own-invitations.ts";
import { Pairings } from "./pairings.ts";
import { recordOf } from "./own-record.ts";
import { LOCAL_RELAY_NAME, RelayPool, type RelayAccess } from "./relay-pool.ts";
import { Rollbacks } from "./rollbacks.ts";
import { announceReplica, isAnnouncedBy } from "./replica-announcement.ts";

export interface MembershipOptions {
  readonly host: Host;
  readonly crypto: PeerPrimitives;
  readonly openSocket: OpenSocket;
  readonly storage: Storage;
  /** Whose notes hold the device log and when members were seen. */
  readonly namespace: NamespaceId;
  readonly keys: DeviceKeys;
  readonly role: DeviceRole;
  readonly scope?: NamespaceId;
  /** The name this device first goes by; the log's later ones count. */
  readonly name: string;
  /** Addresses of the sync services where this device listens. */
  readonly syncServices: readonly string[];
  /** For the one of them that asks for a token. */
  readonly access?: RelayAccess;
  /** Namespaces to offer to a member that connects. */
  readonly namespaces: () => Promise<readonly NamespaceId[]>;
  /** Whether this device and that member exchange the namespace. */
  readonly shares: (namespace: NamespaceId, device: DeviceId) => boolean;
  /** The replica of a namespace, made when there is none. */
  readonly replica: (namespace: NamespaceId) => Promise<Replica>;
  /**
   * For a device that is a member of several circles: what they share of a namespace, and where this one's announcements
   * are kept.
   */
  readonly peers?: (namespace: NamespaceId) => Promise<NamespacePeers>;
  readonly announcementPrefix?: string;
  /** Makes a namespace ready to be shared, before any session has it. */
  readonly opening?: (namespace: SyncNamespace) => Promise<void>;
  /** The same object for all circles of a device, so that it refuses its own links in each. Default: this is the only one. */
  readonly ownInvitations?: OwnInvitations;
  /** Whether to connect to a member. Default: to all. */
  readonly meets?: (member: Member) => boolean;
  readonly failed?: (device: DeviceId, error: MasqError) => void;
  readonly rewritten?: (namespace: NamespaceId, count: number) => void;
  /** A replica goes on under another id: what it wrote after it was last copied or put back is forgotten here. */
  readonly succeeded?: (namespace: NamespaceId) => void;
}

export interface DeviceStatus extends MemberStatus {
  readonly member: Member;
  readonly isOwn: boolean;
  /** Whether this device connects to it. */
  readonly isMet: boolean;
  /** Another place for the data: not what an app of this computer has beside this store. */
  readonly isElsewhere: boolean;
}

/** How long a change of status may wait to be told together with others. */
const STATUS_DELAY_MS = 100;

export class Membership {
  readonly #options: MembershipOptions;
  readonly #context: MemberLinkContext;
  readonly #book: LogBook;
  readonly #pool: RelayPool;
  readonly #pairings: Pairings;
  readonly #linkByDevice = new Map<DeviceId, MemberLink>();
  readonly #syncByNamespace = new Map<NamespaceId, Promise<SyncNamespace>>();
  readonly #statusListeners = new Set<() => void>();
  #syncServices: readonly string[];
  /** Where members are met that nobody is told of. */
  readonly #localRelays = new Set<string>();
  #cancelStatus: (() => void) | undefined;
  #isClosed = false;

  private constructor(options: MembershipOptions, book: LogBook, lastSeen: LastSeen) {
    const { host, crypto, keys, namespaces, shares, failed, rewritten, succeeded } = options;
    this.#options = options;
    this.#book = book;
    this.#syncServices = options.syncServices;
    this.#pool = new RelayPool({ ...options, changed: () => this.#statusChanged() });
    this.#pairings = new Pairings({
      pool: this.#pool,
      ownInvitations: options.ownInvitations ?? new OwnInvitations(crypto),
      self: () => this.#pairingSelf(),
    });
    const rollbacks = new Rollbacks(
      async (namespace) => (await this.open(namespace)).replica,
      (namespace) => succeeded?.(namespace),
    );
    this.#context = {
      host,
      crypto,
      keys,
      book,
      pool: this.#pool,
      lastSeen,
      namespaces,
      shares: (namespace, device) =>
        this.#isInScope(namespace, device) && shares(namespace, device),
      open: (namespace) => this.open(namespace),
      changed: () => this.#statusChanged(),
      failed: (device, error) => failed?.(device, error),
      rewritten: (namespace, count) => rewritten?.(namespace, count),
      outrun: (namespace) => rollbacks.outrun(namespace),
    };
    book.onChanged(() => this.#meetMembers());
  }

  /** Takes its place in the circle its storage knows of, or begins one of its own; connects to the other members. */
  static async open(options: MembershipOptions): Promise<Membership> {
    const { host, crypto, storage, namespace, keys, role, scope, name, syncServices } = options;
    const own = {
      id: keys.id,
      identitySeed: keys.identitySeed,
      record: recordOf(crypto, keys, name, syncServices),
    };
    const { clock } = host;
    const book = await LogBook.open({
      crypto,
      clock,
      storage,
      namespace,
      own,
      role,
      ...(scope && { scope }),
    });
    const membership = new Membership(
      options,
      book,
      await LastSeen.open(clock, storage, namespace),
    );
    // Without room they are told at the next start: what is there can be opened.
    await membership.#tellSyncServices().catch((error: unknown) => {
      if (codeOf(error) !== "MASQ_STORAGE_FULL") throw error;
    });
    membership.#meetMembers();
    return membership;
  }

  /** The device log, for who keeps it elsewhere too. */
  get book(): LogBook {
    return this.#book;
  }

  get own(): Member {
    return this.#book.member(this.#options.keys.id) as Member;
  }

  /** Signed, for who wants to admit this device. */
  get ownRecord(): SignedRecord {
    const { crypto, keys } = this.#options;
    return recordOf(crypto, keys, this.own.name, this.#syncServices);
  }

  get syncServices(): readonly string[] {
    return this.#syncServices;
  }

  /** This device first, then the others as they were added. */
  devices(): DeviceStatus[] {
    const own = this.#options.keys.id;
    const all = this.#book
      .members()
      .map((member) => this.#statusOf(member, member.record.id === own));
    return all.toSorted(
      (a, b) => Number(b.isOwn) - Number(a.isOwn) || a.member.added - b.member.added,
    );
  }

  relays(): { readonly url: string; readonly status: RelayStatus }[] {
    return this.#pool.status();
  }

  /** Calls `listener` after changes of what `devices` and `relays` say, several at a time. */
  onStatus(listener: () => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  /** Throws MASQ_NOT_FOUND for a device that is none of the circle's. */
  rename(device: DeviceId, name: string): Promise<void> {
    return this.#book.rename(device, name);
  }

  /** Listens at these sync services from now on, and tells the other members. */
  async setSyncServices(urls: readonly string[]): Promise<void> {
    this.#syncServices = urls;
    await this.#tellSyncServices();
    this.#meetMembers();
  }

  /** Meets members at this relay too from now on, and tells nobody: it can be reached from this computer alone. */
  meetAlsoAt(relay: RelayAccess): void {
    const isOther = this.#pool.setAccessToken(relay);
    if (isOther) this.leave(relay.url);
    this.#localRelays.add(relay.url);
    this.#meetMembers();
  }

  /** Ends what `meetAlsoAt` began. */
  leave(url: string): void {
    if (this.#localRelays.delete(url)) this.#meetMembers();
  }

  /** A namespace is new here, preferences changed, or members are met that were not: offers what has become shared. */
  reconsider(): void {
    this.#meetMembers();
    for (const link of this.#linkByDevice.values()) link.reconsider();
  }

  /** Preferences changed in a way that ends sharing: every session begins anew. */
  restart(): void {
    for (const link of this.#linkByDevice.values()) link.restart();
  }

  /** Makes an invitation at a relay; default: this device's first sync service, which has to be set. */
  invite(
    confirm: Confirm,
    syncService: string | undefined = this.#syncServices[0],
  ): PendingInvitation {
    if (syncService === undefined) {
      throw new MasqError(
        "MASQ_CONFIG_INVALID",
        "Devices meet at a sync service, and none is set here. Nothing was done.",
      );
    }
    return this.#pairings.invite(confirm, syncService);
  }

  /**
   * Joins the device that made the invitation, at the relay it names unless another is given. Throws
   * MASQ_INVITATION_INVALID for a text that is none, MASQ_INVITATION_OWN for one of this very device; nothing has
   * been sent then.
   */
  join(
    text: string,
    confirm: Confirm,
    relay?: RelayAccess,
  ): PendingJoin & { readonly syncService: string } {
    return this.#pairings.join(text, confirm, relay);
  }

  /** The namespace as this circle shares it, for counting who holds what. */
  async sharer(namespace: NamespaceId): Promise<Sharer> {
    return {
      namespace: await this.open(namespace),
      isMember: (device) => {
        const member = this.#book.member(toHex(device) as DeviceId);
        return member !== undefined && this.#isElsewhere(member);
      },
    };
  }

  /** What all sessions share of a namespace. */
  open(namespace: NamespaceId): Promise<SyncNamespace> {
    let sync = this.#syncByNamespace.get(namespace);
    if (sync === undefined) {
      sync = this.#openSync(namespace);
      this.#syncByNamespace.set(namespace, sync);
      sync.catch(() => this.#syncByNamespace.delete(namespace));
    }
    return sync;
  }

  /** Ends every session; tells nobody that it is for good. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelStatus?.();
    for (const link of this.#linkByDevice.values()) link.close();
    this.#linkByDevice.clear();
    this.#pool.close();
  }

  #statusOf(member: Member, isOwn: boolean): DeviceStatus {
    const link = this.#linkByDevice.get(member.record.id);
    const status = link?.status() ?? {
      ...this.#context.lastSeen.of(member.record.id),
      isConnected: false,
      toSend: undefined,
      toReceive: undefined,
      verifiedSince: undefined,
      isMismatched: false,
      lastFault: undefined,
      namespaces: new Map(),
    };
    const isElsewhere = this.#isElsewhere(member);
    return { member, isOwn, isMet: link !== undefined, isElsewhere, ...status };
  }

  async #openSync(namespace: NamespaceId): Promise<SyncNamespace> {
    const { crypto, keys, peers, announcementPrefix, opening } = this.#options;
    const replica = await this.#options.replica(namespace);
    const shared = await peers?.(namespace);
    // What its sessions have offered is no longer its own.
    replica.onSucceeded(() => this.restart());
    const sync = await SyncNamespace.open(replica, {
      device: fromHex(keys.id),
      own: (id) => announceReplica(crypto, keys, namespace, id),
      verify: (announcement) => {
        const member = this.#book.member(toHex(announcement.device) as DeviceId);
        return member !== undefined && isAnnouncedBy(crypto, member, namespace, announcement);
      },
      vouch: (known) => announceReplica(crypto, keys, namespace, known, true),
      ...(shared && { peers: shared }),
      ...(announcementPrefix && { notePrefix: announcementPrefix }),
    });
    await opening?.(sync);
    return sync;
  }

  /** One link for each other member, at its sync services and ours. */
  #meetMembers(): void {
    if (this.#isClosed) return;
    for (const member of this.#book.members()) {
      const { id, syncServices } = member.record;
      const { keys, meets = () => true } = this.#options;
      let link = this.#linkByDevice.get(id);
      if (id === keys.id || member.role === "recovery" || !meets(member)) {
        link?.close();
        this.#linkByDevice.delete(id);
        continue;
      }
      if (link === undefined) {
        link = new MemberLink(member, this.#context);
        this.#linkByDevice.set(id, link);
      }
      const told = [...this.#syncServices, ...syncServices].filter(isSafeAddress);
      const local = Array.from(this.#localRelays, (url) => [url, LOCAL_RELAY_NAME] as const);
      link.meetAt(new Map([...told.map((url) => [url, url] as const), ...local]));
    }
    this.#statusChanged();
  }

  /** Our record says where we can be met: a new one when that is no longer so. */
  async #tellSyncServices(): Promise<void> {
    const { crypto, keys } = this.#options;
    const { record } = this.own;
    const isTold =
      record.syncServices.length === this.#syncServices.length &&
      record.syncServices.every((url, at) => url === this.#syncServices[at]);
    if (!isTold) await this.#book.update(recordOf(crypto, keys, record.name, this.#syncServices));
  }

  #pairingSelf(): PairingSelf {
    const { host, crypto, keys, role, scope } = this.#options;
    const { id, identitySeed, channelKey } = keys;
    const own = { id, identitySeed, record: this.ownRecord };
    return { host, crypto, channelKey, own, book: this.#book, role, scope };
  }

  /** A member admitted for one namespace has no part in any other. */
  #isInScope(namespace: NamespaceId, device: DeviceId): boolean {
    const scope = this.#book.member(device)?.scope;
    return scope === undefined || scope === namespace;
  }

  #isElsewhere({ record, role }: Member): boolean {
    const isAppHere = role === "app" && this.#context.lastSeen.of(record.id).isHere;
    return this.#options.role !== "store" || !isAppHere;
  }

  #statusChanged(): void {
    if (this.#cancelStatus !== undefined || this.#isClosed) return;
    this.#cancelStatus = this.#options.host.clock.setTimer(STATUS_DELAY_MS, () => {
      this.#cancelStatus = undefined;
      for (const listener of this.#statusListeners) listener();
    });
  }
}

/** A record may name what a link must not connect to: nothing goes unprotected over a network. */
const isSafeAddress = (url: string): boolean => syncServiceAddress(url) !== undefined;
