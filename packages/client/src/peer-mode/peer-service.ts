/** What a client may ask the holder of its data: all that a store answers, and about the devices of the app's circle. */
import {
  fields,
  MasqError,
  NamespaceService,
  RELAY_TOKEN_BYTES,
  type Instances,
  type NamespaceId,
  type OtherDevices,
  type Replica,
  type Service,
  type StorageHealth,
  troubleItem,
} from "@masq/core";
import { deviceItem, PairingRequests, type Membership } from "@masq/core/peer";
import type { Reach } from "./reach.ts";

export interface PeerServiceOptions {
  readonly namespace: NamespaceId;
  readonly replica: Replica;
  readonly membership: Membership;
  readonly instances: Instances;
  readonly otherDevices: OtherDevices;
  readonly adoptSyncService: (url: string) => Promise<void>;
  readonly isEvicted: boolean;
  readonly health: StorageHealth;
  readonly reach: Reach;
  /** Tells every client of the app that a store has the data. */
  readonly adopted: () => void;
  readonly emit: (name: string, data: unknown) => void;
  readonly replaced: () => void;
}

export class PeerService implements Service {
  readonly #membership: Membership;
  readonly #data: NamespaceService;
  readonly #pairing: PairingRequests;
  readonly #adopted: () => void;
  readonly #isEvicted: () => Promise<boolean>;
  readonly #reach: Reach;
  readonly #emit: PeerServiceOptions["emit"];
  #endReach: (() => void) | undefined;

  constructor(options: PeerServiceOptions) {
    const { namespace, replica, membership, otherDevices, adoptSyncService, emit } = options;
    this.#membership = membership;
    this.#adopted = options.adopted;
    this.#reach = options.reach;
    this.#emit = emit;
    const isEmpty = async (): Promise<boolean> =>
      membership.devices().length === 1 && (await replica.state()).arrival === 0;
    this.#isEvicted = async () => options.isEvicted && isEmpty();
    this.#data = new NamespaceService({
      instances: options.instances,
      open: async (asked) => {
        if (asked === namespace) return { namespace, replica };
        throw new MasqError(
          "MASQ_GRANT_MISSING",
          "An app that holds its data itself holds those of its own namespace alone. Nothing was read or written.",
        );
      },
      devices: () => otherDevices,
      health: options.health,
      emit,
      replaced: options.replaced,
    });
    this.#pairing = new PairingRequests({
      invite: async (confirm) => membership.invite(confirm),
      join: async (link, confirm) => membership.join(link, confirm),
      hasSyncService: () => membership.syncServices.length > 0,
      adoptSyncService,
      // A link alone may fill what is empty: whoever mailed it gets nothing but what it brings.
      mustType: async () => !(await isEmpty()),
      emit,
    });
  }

  async handle(method: string, params: unknown): Promise<unknown> {
    switch (method) {
      case "status":
        return this.#status();
      case "watchStatus":
        this.#endReach ??= this.#reach.onChanged(() =>
          this.#emit("unreachable", this.#unreachable),
        );
        return this.#data.handle(method, params);
      case "peer.devices":
        return this.#membership.devices().map(deviceItem);
      case "peer.invite":
        return this.#pairing.invite(params);
      case "peer.join":
        return this.#pairing.join(params);
      case "peer.confirm":
        return this.#pairing.confirm(params);
      case "peer.meet":
        return this.#meet(params);
      case "peer.inviteStore":
        return this.#inviteStore(params);
      case "peer.adopted":
        this.#adopted();
        return null;
      default:
        return this.#data.handle(method, params);
    }
  }

  /**
   * As a store tells it, and why the sync service cannot be reached, and whether what was held before is gone: said until
   * something is written, or a device paired.
   */
  async #status(): Promise<unknown> {
    const status = fields.asRecord(await this.#data.handle("status", null), "a status");
    return { ...status, unreachable: this.#unreachable, evicted: await this.#isEvicted() };
  }

  get #unreachable(): unknown {
    return troubleItem(this.#reach.error);
  }

  /** `[url, access token]` of the relay on a store's port */
  #meet(params: unknown): null {
    const [urlField, tokenField] = fields.asArray(params, "a relay");
    const url = fields.asText(urlField, "an address");
    const accessToken = fields.asBytes(tokenField, RELAY_TOKEN_BYTES, "an access token");
    this.#membership.meetAlsoAt({ url, accessToken });
    return null;
  }

  /**
   * `url` of that relay -> the link of an invitation there. The person has asked for it, and the link goes to the store
   * alone, over a connection on which it is known by its key.
   */
  #inviteStore(params: unknown): string {
    const url = fields.asText(params, "an address");
    return this.#membership.invite(async ({ role }) => role === "store", url).text;
  }

  pause(): void {
    this.#data.pause();
  }

  resume(): void {
    this.#data.resume();
  }

  close(): void {
    this.#endReach?.();
    this.#data.close();
    this.#pairing.close();
  }
}
