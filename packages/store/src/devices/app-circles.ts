/**
 * The store's part in circles of apps: those of browsers and phones that hold an app's data themselves. In each it is
 * another device, known by another key and no name of its own, so that two apps cannot tell that they share a store.
 */
import type { NamespaceId } from "@masq/core";
import { MasqError, STORE_NAMESPACE } from "@masq/core";
import {
  decodeInvitation,
  Membership,
  loadDeviceKeys,
  type LocalRelayAddress,
  type Member,
  type MembershipOptions,
} from "@masq/core/peer";

/** What all of them have in common with the store's own circle. */
export type AppCircleContext = Pick<
  MembershipOptions,
  "host" | "crypto" | "openSocket" | "storage" | "replica" | "peers" | "failed" | "rewritten"
> & {
  readonly syncServices: () => readonly string[];
  /** The store circle, for which this store vouches in each app circle and the other way round. */
  readonly stores: Membership;
  /** Whether a member of an app circle is a store of the same owner, which is met as a store. */
  readonly isOwnStore: (namespace: NamespaceId, member: Member) => boolean;
  /** Whether the owner lets this app use the store. */
  readonly hasAccess: (app: NamespaceId) => boolean;
  /** The relay on the store's own port, and what the store shows there. Known once apps can come. */
  readonly relay: () => LocalRelayAddress;
  /** A circle is there. */
  readonly opened: (namespace: NamespaceId, membership: Membership) => void;
};

const NOTE_PREFIX = "app-circle/";
/** Of circles that the store came into by an app's access alone, not by its owner's own pairing. */
const BY_ACCESS_PREFIX = "app-circle-by-access/";
const ANNOUNCEMENT_PREFIX = "app-replica/";
/** Pairings of one app under way by its access: one for each of its tabs, and no more than a few. */
const MAX_JOINING = 8;
/** What an app's other devices see of this one. */
const NAME = "Computer";

export class AppCircles {
  readonly #context: AppCircleContext;
  readonly #pending = new Map<NamespaceId, Promise<Membership>>();
  readonly #open = new Map<NamespaceId, Membership>();
  /** Apps that wait at the store's own relay. */
  readonly #here = new Set<NamespaceId>();
  readonly #byAccess = new Set<NamespaceId>();
  readonly #joiningByApp = new Map<NamespaceId, number>();
  #isClosed = false;

  constructor(context: AppCircleContext) {
    this.#context = context;
  }

  /** Takes its place again in all circles it was in. */
  async resume(): Promise<void> {
    const { storage } = this.#context;
    for (const [name] of await storage.notes(STORE_NAMESPACE, BY_ACCESS_PREFIX))
      this.#byAccess.add(name.slice(BY_ACCESS_PREFIX.length) as NamespaceId);
    const notes = await storage.notes(STORE_NAMESPACE, NOTE_PREFIX);
    for (const [name] of notes) await this.open(name.slice(NOTE_PREFIX.length) as NamespaceId);
  }

  get(namespace: NamespaceId): Membership | undefined {
    return this.#open.get(namespace);
  }

  list(): readonly (readonly [NamespaceId, Membership])[] {
    return [...this.#open];
  }

  /** The store's membership of the namespace's circle; begun with the store alone when there is none. */
  open(namespace: NamespaceId): Promise<Membership> {
    let membership = this.#pending.get(namespace);
    if (membership === undefined) {
      membership = this.#start(namespace);
      this.#pending.set(namespace, membership);
      membership.catch(() => this.#pending.delete(namespace));
    }
    return membership;
  }

  /** An app of this computer holds its data itself and waits at the store's own relay, or does so no longer. */
  met(app: NamespaceId, isThere: boolean): void {
    if (isThere) this.#here.add(app);
    else this.#here.delete(app);
    const membership = this.#open.get(app);
    if (membership !== undefined) this.#meetHere(app, membership);
  }

  /**
   * Joins the circle of an app that has access to the store, by its own invitation at the store's relay. Its owner has
   * said yes to the app, so nobody is asked again; and what came by the access alone goes with it (`reconsider`).
   */
  async joinByAccess(app: NamespaceId, link: string): Promise<void> {
    const underWay = this.#joiningByApp.get(app) ?? 0;
    if (underWay >= MAX_JOINING)
      throw new MasqError(
        "MASQ_PAIRING_FAILED",
        "This app is pairing with the store several times already. No data are lost. Try again when that has ended.",
      );
    this.#joiningByApp.set(app, underWay + 1);
    try {
      await this.#join(app, link);
    } finally {
      const left = (this.#joiningByApp.get(app) ?? 1) - 1;
      if (left > 0) this.#joiningByApp.set(app, left);
      else this.#joiningByApp.delete(app);
    }
  }

  /** The owner has paired a device of this app by their own hand: that holds whatever becomes of the app's access. */
  async pairedByOwner(app: NamespaceId): Promise<void> {
    if (!this.#byAccess.delete(app)) return;
    await this.#setNote(BY_ACCESS_PREFIX + app, false);
    this.reconsider(app);
  }

  /** An app was given access, or lost it. */
  reconsider(app: string): void {
    this.#open.get(app as NamespaceId)?.reconsider();
  }

  close(): void {
    this.#isClosed = true;
    for (const membership of this.#open.values()) membership.close();
  }

  async #join(app: NamespaceId, link: string): Promise<void> {
    const { crypto, relay } = this.#context;
    // What is no link leaves no trace.
    decodeInvitation(crypto, link);
    const membership = await this.open(app);
    if (membership.devices().length === 1) {
      await this.#setNote(BY_ACCESS_PREFIX + app, true);
      this.#byAccess.add(app);
    }
    await membership.join(link, async ({ role }) => role === "app", relay()).done;
  }

  #meetHere(app: NamespaceId, membership: Membership): void {
    const relay = this.#context.relay();
    if (this.#here.has(app)) membership.meetAlsoAt(relay);
    else membership.leave(relay.url);
  }

  #mayMeet(namespace: NamespaceId): boolean {
    return !this.#byAccess.has(namespace) || this.#context.hasAccess(namespace);
  }

  #setNote(name: string, isSet: boolean): Promise<void> {
    return this.#context.storage.update(STORE_NAMESPACE, {}, () => ({
      notes: [[name, isSet ? new Uint8Array() : undefined]],
      result: undefined,
    }));
  }

  async #start(namespace: NamespaceId): Promise<Membership> {
    const { syncServices, stores, isOwnStore, opened, ...shared } = this.#context;
    const { crypto, host, storage } = shared;
    const membership = await Membership.open({
      ...shared,
      namespace,
      keys: await loadDeviceKeys(crypto, host.random, storage, namespace),
      role: "store",
      scope: namespace,
      name: NAME,
      syncServices: syncServices(),
      namespaces: async () => [namespace],
      shares: (asked) => asked === namespace,
      announcementPrefix: ANNOUNCEMENT_PREFIX,
      meets: (member) => !isOwnStore(namespace, member) && this.#mayMeet(namespace),
    });
    (await membership.open(namespace)).join(await stores.open(namespace));
    await this.#setNote(NOTE_PREFIX + namespace, true);
    if (this.#isClosed) membership.close();
    this.#open.set(namespace, membership);
    if (this.#here.has(namespace)) this.#meetHere(namespace, membership);
    opened(namespace, membership);
    return membership;
  }
}
