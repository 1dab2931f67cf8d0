/**
 * The store's part in circles of apps: those of browsers and phones that hold an app's data themselves. In each it is
 * another device, known by another key and no name of its own, so that two apps cannot tell that they share a store.
 */
import type { NamespaceId } from "@masq/core";
import { STORE_NAMESPACE } from "@masq/core";
import { Membership, loadDeviceKeys, type Member, type MembershipOptions } from "@masq/core/peer";

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
> & {
  readonly syncServices: () => readonly string[];
  /** The store circle, for which this store vouches in each app circle and the other way round. */
  readonly stores: Membership;
  /** Whether a member of an app circle is a store of the same owner, which is met as a store. */
  readonly isOwnStore: (namespace: NamespaceId, member: Member) => boolean;
  /** A circle is there. */
  readonly opened: (namespace: NamespaceId, membership: Membership) => void;
};

const NOTE_PREFIX = "app-circle/";
const ANNOUNCEMENT_PREFIX = "app-replica/";
/** What an app's other devices see of this one. */
const NAME = "Computer";

export class AppCircles {
  readonly #context: AppCircleContext;
  readonly #pending = new Map<NamespaceId, Promise<Membership>>();
  readonly #open = new Map<NamespaceId, Membership>();
  #isClosed = false;

  constructor(context: AppCircleContext) {
    this.#context = context;
  }

  /** Takes its place again in all circles it was in. */
  async resume(): Promise<void> {
    const notes = await this.#context.storage.notes(STORE_NAMESPACE, NOTE_PREFIX);
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

  close(): void {
    this.#isClosed = true;
    for (const membership of this.#open.values()) membership.close();
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
      meets: (member) => !isOwnStore(namespace, member),
    });
    (await membership.open(namespace)).join(await stores.open(namespace));
    await storage.update(STORE_NAMESPACE, {}, () => ({
      notes: [[NOTE_PREFIX + namespace, new Uint8Array()]],
      result: undefined,
    }));
    if (this.#isClosed) membership.close();
    this.#open.set(namespace, membership);
    opened(namespace, membership);
    return membership;
  }
}
