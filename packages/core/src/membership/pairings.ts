/** A device's pairings with others: each has the connection to its relay as long as it takes. */
import type { Confirm, PairingSelf } from "../pairing/agreement.ts";
import { decodeInvitation } from "../pairing/invitation-link.ts";
import { invite, type PendingInvitation } from "../pairing/inviter.ts";
import { join, type PendingJoin } from "../pairing/joiner.ts";
import type { OwnInvitations } from "./own-invitations.ts";
import type { RelayAccess, RelayPool } from "./relay-pool.ts";

/** How long somebody who opened an invitation looks for who made it. */
const MEET_MS = 20_000;

export interface PairingsOptions {
  readonly pool: RelayPool;
  readonly ownInvitations: OwnInvitations;
  /** As this device is at the time. */
  readonly self: () => PairingSelf;
}

export class Pairings {
  readonly #options: PairingsOptions;

  constructor(options: PairingsOptions) {
    this.#options = options;
  }

  invite(confirm: Confirm, syncService: string): PendingInvitation {
    const { pool, ownInvitations, self } = this.#options;
    const link = pool.use(syncService);
    const invitation = invite(self(), { link, syncService, confirm });
    ownInvitations.add(invitation);
    this.#releaseAfter(invitation.done, syncService);
    return invitation;
  }

  /** Throws MASQ_INVITATION_INVALID, and MASQ_INVITATION_OWN for one of this very device; nothing is sent then. */
  join(
    text: string,
    confirm: Confirm,
    relay?: RelayAccess,
  ): PendingJoin & { readonly syncService: string } {
    const { pool, ownInvitations, self } = this.#options;
    const own = self();
    const { syncService: named, secret } = decodeInvitation(own.crypto, text);
    ownInvitations.refuse(secret);
    if (relay !== undefined) pool.setAccessToken(relay);
    const syncService = relay?.url ?? named;
    const link = pool.use(syncService);
    const joining = join(own, { link, secret, timeoutMs: MEET_MS, confirm });
    secret.fill(0);
    this.#releaseAfter(joining.done, syncService);
    return { syncService, ...joining };
  }

  #releaseAfter(pairing: Promise<unknown>, url: string): void {
    void pairing.catch(() => {}).finally(() => this.#options.pool.release(url));
  }
}
