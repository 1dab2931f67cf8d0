/** The side on which an invitation link was opened (docs/pairing.md). */
import { encode } from "cborg";
import { PairingInitiator } from "../channel/pairing-handshake.ts";
import { pairingKeys } from "../channel/pairing-secret.ts";
import type { Member } from "../circle/device-log.ts";
import type { RelayLink } from "../relay/relay-link.ts";
import { agree, readRemoteDevice, STEP_MS, type Confirm, type PairingSelf } from "./agreement.ts";
import { Meeting } from "./meeting.ts";
import { nobodyThere } from "./pairing-errors.ts";
import type { Wire } from "./wire.ts";

export interface JoinOptions {
  /** Connected, or about to be, to the sync service that the invitation names. Stays the caller's. */
  readonly link: RelayLink;
  /** Of the invitation (`decodeInvitation`). */
  readonly secret: Uint8Array;
  /** How long to look for the other device. */
  readonly timeoutMs: number;
  readonly confirm: Confirm;
}

export interface PendingJoin {
  /** The other device, once both have each other; rejects as that of an invitation. */
  readonly done: Promise<Member>;
  /** Gives up; the other device is told. Idempotent. */
  readonly cancel: () => void;
}

/** For both people together; the other side, which knows when its link expires, is often sooner. */
const CONFIRM_MS: number = 5 * 60_000;

/** Throws MASQ_CLOSED when the relay link is closed, MASQ_INTERNAL when the secret is none. */
export const join = (
  self: PairingSelf,
  { link, secret, timeoutMs, confirm }: JoinOptions,
): PendingJoin => {
  const { host, crypto } = self;
  const { clock } = host;
  const keys = pairingKeys(crypto, secret, "initiator");
  let hasMet = false;

  const converse = async (wire: Wire, initiator: PairingInitiator): Promise<Member> => {
    wire.send(await initiator.start());
    const message2 = await wire.next(STEP_MS);
    const { message, paired } = await initiator.finish(message2, clock.monotonic());
    // Before it is told who we are.
    const peer = readRemoteDevice(self, paired);
    wire.send(message);
    return agree({ self, side: "joiner", wire, paired, peer, confirmMs: CONFIRM_MS, confirm });
  };

  const meet = async (wire: Wire): Promise<void> => {
    // Never a second time: to the other side it would look as if somebody else had the link.
    if (hasMet) return;
    hasMet = true;
    meeting.isMet();
    const initiator = new PairingInitiator({
      crypto,
      random: host.random,
      keys,
      ownKey: self.channelKey,
      ownRecord: encode(self.own.record),
    });
    try {
      meeting.succeed(await converse(wire, initiator));
    } catch (error) {
      initiator.close();
      meeting.fail(error);
    }
  };

  const meeting = new Meeting({
    link,
    rendezvous: { id: keys.rendezvousId, sideKey: keys.sideKey },
    clock,
    waitMs: timeoutMs,
    nobody: nobodyThere,
    up: (wire) => void meet(wire),
  });
  meeting.wipeAfter(keys.psk);
  return { done: meeting.done, cancel: () => meeting.cancel() };
};
