/**
 * The invitations with which this device waits, in whichever of its circles: opened here, a link would be used up, and
 * neither person told why.
 */
import { toHex } from "../bytes/bytes.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import { decodeInvitation } from "../pairing/invitation-link.ts";
import type { PendingInvitation } from "../pairing/inviter.ts";
import { ownLink } from "../pairing/pairing-errors.ts";

export class OwnInvitations {
  readonly #crypto: PeerPrimitives;
  /** Hashes: what could open a link is not kept here. */
  readonly #pending = new Set<string>();

  constructor(crypto: PeerPrimitives) {
    this.#crypto = crypto;
  }

  /** Until it is over. */
  add({ text, done }: PendingInvitation): void {
    const { secret } = decodeInvitation(this.#crypto, text);
    const hash = this.#hashOf(secret);
    secret.fill(0);
    this.#pending.add(hash);
    const remove = (): void => void this.#pending.delete(hash);
    done.then(remove, remove);
  }

  /** Throws MASQ_INVITATION_OWN for the secret of an invitation of our own. */
  refuse(secret: Uint8Array): void {
    if (this.#pending.has(this.#hashOf(secret))) throw ownLink();
  }

  #hashOf(secret: Uint8Array): string {
    return toHex(this.#crypto.sha256(secret));
  }
}
