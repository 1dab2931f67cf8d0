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
  type Confirm,
  type RelayAccess,
  type Member,
  type MembershipOptions,
  type OwnInvitations,
} from "@masq/core/peer";

/** What all of them have in common with the store's own circle. */
export type AppCircleContext = Pick<
  MembershipOptions,
  | "host"
  | "crypto"
  | "openSocket"
  | "storage"
  | "replica"
  | "peers"
  | "failed"
  | "rewritten"
  | "succeeded"
  | "access"
> & {
  readonly ownInvitations: OwnInvitations;
  readonly syncServices: () => readonly string[];
  /** The store circle, for which this store vouches in each app circle and the other way round. */
  readonly stores: Membership;
  /** Whether a member of an app circle is a store of the same owner, which is met as a store. */
  readonly isOwnStore: (namespace: NamespaceId, member: Member) => boolean;
  /** Whether the owner lets this app use the store. */
  readonly hasAccess: (app: NamespaceId) => boolean;
  /** The relay on the store's own port, and what the store shows there. Known once apps can come. */
  readonly relay: () => RelayAccess;
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

/** What the note of a circle says: kept for good, or only if the pairing under way comes to something. */
const KEPT = new Uint8Array();
const PAIRING = Uint8Array.of(1);

/** This store's place in one circle. */
interface AppCircle {
  readonly membership: Promise<Membership>;
  /** Pairings under way. */
  pairings: number;
  kept: Promise<Membership> | undefined;
}

export class AppCircles {
  readonly #context: AppCircleContext;
  readonly #circles = new Map<NamespaceId, AppCircle>();
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
    for (const [name, note] of notes) {
      const namespace = name.slice(NOTE_PREFIX.length) as NamespaceId;
      if (note.length === KEPT.length) await this.open(namespace);
      else await this.#settle(namespace);
    }
  }

  get(namespace: NamespaceId): Membership | undefined {
    return this.#open.get(namespace);
  }

  list(): readonly (readonly [NamespaceId, Membership])[] {
    return [...this.#open];
  }

  /** The store's membership of the namespace's circle; begun with the store alone when there is none. */
  open(namespace: NamespaceId): Promise<Membership> {
    const circle = this.#circle(namespace);
    circle.kept ??= this.#keep(namespace, circle);
    circle.kept.catch(() => (circle.kept = undefined));
    return circle.kept;
  }

  /**
   * Pairs within the namespace's circle. A circle that was not there is there for nobody else, nor is the namespace,
   * until somebody else is in it: a pairing that fails changes nothing.
   */
  async pair<Pairing extends { readonly done: Promise<Member> }>(
    namespace: NamespaceId,
    confirm: Confirm,
    begin: (membership: Membership, confirm: Confirm) => Pairing,
  ): Promise<Pairing> {
    const circle = this.#circle(namespace);
    circle.pairings += 1;
    const over = async (): Promise<void> => {
      circle.pairings -= 1;
      await this.#settle(namespace);
    };
    try {
      const pairing = begin(await circle.membership, async (peer) => {
        if (!(await confirm(peer))) return false;
        // Before the log is entered, so that a store which is stopped then finds its circle again.
        if (circle.kept === undefined) await this.#note(NOTE_PREFIX + namespace, PAIRING);
        return true;
      });
      const done = pairing.done.finally(over);
      done.catch(() => {});
      return { ...pairing, done };
    } catch (error) {
      await over();
      throw error;
    }
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
    await this.#note(BY_ACCESS_PREFIX + app, undefined);
    this.reconsider(app);
  }

  /** An app was given access, or lost it. */
  reconsider(app: string): void {
    this.#open.get(app as NamespaceId)?.reconsider();
  }

  close(): void {
    this.#isClosed = true;
    for (const { membership } of this.#circles.values())
      membership.then((one) => one.close()).catch(() => {});
  }

  #circle(namespace: NamespaceId): AppCircle {
    let circle = this.#circles.get(namespace);
    if (circle === undefined) {
      circle = { membership: this.#start(namespace), pairings: 0, kept: undefined };
      this.#circles.set(namespace, circle);
      circle.membership.catch(() => this.#circles.delete(namespace));
    }
    return circle;
  }

  async #join(app: NamespaceId, link: string): Promise<void> {
    const { crypto, relay } = this.#context;
    // What is no link leaves no trace.
    decodeInvitation(crypto, link);
    const membership = await this.open(app);
    if (membership.devices().length === 1) {
      await this.#note(BY_ACCESS_PREFIX + app, new Uint8Array());
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

  async #start(namespace: NamespaceId): Promise<Membership> {
    const { syncServices, stores, isOwnStore, opened: _, ...shared } = this.#context;
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
      opening: async (sync) => sync.join(await stores.open(namespace)),
      meets: (member) => !isOwnStore(namespace, member) && this.#mayMeet(namespace),
    });
    if (this.#isClosed) membership.close();
    return membership;
  }

  /** From now on it is the owner's, on all stores. */
  async #keep(namespace: NamespaceId, circle: AppCircle): Promise<Membership> {
    const membership = await circle.membership;
    await membership.open(namespace);
    await this.#note(NOTE_PREFIX + namespace, KEPT);
    this.#open.set(namespace, membership);
    if (this.#here.has(namespace)) this.#meetHere(namespace, membership);
    this.#context.opened(namespace, membership);
    return membership;
  }

  /** A pairing is over: a circle with others is kept, one of this store alone that nobody has asked for is not. */
  async #settle(namespace: NamespaceId): Promise<void> {
    if (this.#isClosed) return;
    const circle = this.#circle(namespace);
    const membership = await circle.membership;
    if (membership.book.members().length > 1) return void (await this.open(namespace));
    if (circle.kept !== undefined || circle.pairings > 0) return;
    // Its keys stay: if the other device lists this one, it knows it again the next time.
    if (this.#circles.get(namespace) === circle) this.#circles.delete(namespace);
    membership.close();
    await this.#note(NOTE_PREFIX + namespace, undefined);
  }

  #note(name: string, content: Uint8Array | undefined): Promise<void> {
    return this.#context.storage.update(STORE_NAMESPACE, {}, () => ({
      notes: [[name, content]],
      result: undefined,
    }));
  }
}
