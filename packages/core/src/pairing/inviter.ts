/** The side that makes an invitation link and shows it (docs/pairing.md). */
import { encode } from "cborg";
import { copyBytes } from "../bytes/bytes.ts";
import { PairingResponder } from "../channel/pairing-handshake.ts";
import { PAIRING_SECRET_BYTES, pairingKeys } from "../channel/pairing-secret.ts";
import type { Member } from "../circle/device-log.ts";
import { MasqError } from "../errors.ts";
import type { RelayLink } from "../relay/relay-link.ts";
import { agree, readRemoteDevice, STEP_MS, type Confirm, type PairingSelf } from "./agreement.ts";
import { encodeInvitation } from "./invitation-link.ts";
import { Meeting } from "./meeting.ts";
import { failed, notUsed, openedTwice, toPairingError } from "./pairing-errors.ts";
import type { Wire } from "./wire.ts";

export interface InviteOptions {
  /** Connected, or about to be, to `syncService`. Stays the caller's. */
  readonly link: RelayLink;
  /** Its address as the other device reaches it. */
  readonly syncService: string;
  /** How long the link can be opened, at most an hour. Default: 5 minutes. */
  readonly lifetimeMs?: number;
  readonly confirm: Confirm;
  /** Somebody who knows the secret has come; the link is used up. Must not throw. */
  readonly onMet?: () => void;
}

export interface PendingInvitation {
  /** The link. Whoever sees it can pair: for the other device alone. */
  readonly text: string;
  readonly expiresInMs: number;
  /**
   * The new member, once both devices have it. Rejects with MASQ_INVITATION_EXPIRED, MASQ_PAIRING_REFUSED,
   * MASQ_PAIRING_FAILED, MASQ_CIRCLE_CONFLICT, MASQ_CLOSED, an error of the storage or of the sync service.
   */
  readonly done: Promise<Member>;
  /** Gives up; the other device is told. Idempotent. */
  readonly cancel: () => void;
}

const LIFETIME_MS: number = 5 * 60_000;
const MAX_LIFETIME_MS: number = 60 * 60_000;
/** However late the link was opened, people need time to read and answer. */
const LEAST_CONFIRM_MS = 60_000;

/** Makes a link for one use. Throws MASQ_OPTION_INVALID, or MASQ_CLOSED when the relay link is closed. */
export const invite = (
  self: PairingSelf,
  { link, syncService, lifetimeMs = LIFETIME_MS, confirm, onMet }: InviteOptions,
): PendingInvitation => {
  if (!(lifetimeMs > 0 && lifetimeMs <= MAX_LIFETIME_MS)) {
    throw new MasqError("MASQ_OPTION_INVALID", "An invitation lasts at most an hour.");
  }
  const { host, crypto } = self;
  const { clock } = host;
  const secret = copyBytes(host.random(PAIRING_SECRET_BYTES));
  const text = encodeInvitation(crypto, { secret, syncService });
  const keys = pairingKeys(crypto, secret, "responder");
  secret.fill(0);
  const deadline = clock.monotonic() + lifetimeMs;
  let isUsed = false;

  const converse = async (
    wire: Wire,
    responder: PairingResponder,
    message2: Uint8Array,
  ): Promise<Member> => {
    wire.send(message2);
    onMet?.();
    const paired = await responder.finish(await wire.next(STEP_MS), clock.monotonic());
    const confirmMs = Math.max(deadline - clock.monotonic(), LEAST_CONFIRM_MS);
    const peer = readRemoteDevice(self, paired);
    return agree({ self, side: "inviter", wire, paired, peer, confirmMs, confirm });
  };

  const serve = async (wire: Wire): Promise<void> => {
    const responder = new PairingResponder({
      crypto,
      random: host.random,
      keys,
      ownKey: self.channelKey,
      ownRecord: encode(self.own.record),
    });
    let message2: Uint8Array;
    try {
      await wire.arrival();
      message2 = await responder.answer(wire.take() as Uint8Array);
    } catch {
      // Whoever this was does not know the secret: the link is as good as before, and nothing more of theirs is kept.
      wire.end(failed());
      return responder.close();
    }
    if (isUsed && !meeting.isOver) meeting.fail(openedTwice());
    // A timer may come late, as after the computer slept.
    if (clock.monotonic() >= deadline && !isUsed) meeting.fail(notUsed());
    if (meeting.isOver) return responder.close();
    isUsed = true;
    meeting.isMet();
    try {
      meeting.succeed(await converse(wire, responder, message2));
    } catch (error) {
      responder.close();
      // Somebody took the other one's place: their first message tells whether they have the link.
      const isOpen = meeting.isReplaced && toPairingError(error).code === "MASQ_PAIRING_FAILED";
      if (isOpen) meeting.failAfter(STEP_MS, error);
      else meeting.fail(error);
    }
  };

  const meeting = new Meeting({
    link,
    rendezvous: { id: keys.rendezvousId, sideKey: keys.sideKey },
    clock,
    waitMs: lifetimeMs,
    nobody: notUsed,
    up: (wire) => void serve(wire),
  });
  meeting.wipeAfter(keys.psk);
  return { text, expiresInMs: lifetimeMs, done: meeting.done, cancel: () => meeting.cancel() };
};
