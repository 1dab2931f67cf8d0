/**
 * From a handshake to a member: what each side offers, both people's yes, and the log that one side takes over from the
 * other (docs/pairing.md, "After the handshake"). Whatever fails on the way leaves each log as it was, or complete.
 */
import { decodeOne } from "../bytes/cbor.ts";
import type { Paired } from "../channel/pairing-handshake.ts";
import { MAX_OPERATIONS, type DeviceLog, type Member } from "../circle/device-log.ts";
import {
  hasSameKeys,
  readRecord,
  type DeviceRecord,
  type SignedRecord,
} from "../circle/device-record.ts";
import type { LogBook, OwnDevice } from "../circle/log-book.ts";
import type { DeviceRole } from "../circle/operation.ts";
import type { SignedItem } from "../circle/signed-fields.ts";
import { equalBytes } from "../crypto/constant-time.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import type { DhKey } from "../crypto/primitives.ts";
import type { DeviceId, NamespaceId } from "../data/ids.ts";
import type { Clock, Host } from "../host.ts";
import { Conversation } from "./conversation.ts";
import { isNameTaken } from "../circle/device-name.ts";
import { admissionOf, type PairingSide } from "./admission.ts";
import { logMessages, outOfPlace, type Offer } from "./messages.ts";
import { failed, ownLink, refused } from "./pairing-errors.ts";
import { within, type Wire } from "./wire.ts";

/** This device, as it pairs. */
export interface PairingSelf {
  readonly host: Host;
  readonly crypto: PeerPrimitives;
  /** The key pair whose public half is in the own record. */
  readonly channelKey: DhKey;
  readonly own: OwnDevice;
  readonly book: LogBook;
  /** What it is, and wants to be in the other's circle: a store or an app. */
  readonly role: DeviceRole;
  readonly scope?: NamespaceId | undefined;
}

/** The other device, as a person is asked about it. */
export interface PairingPeer {
  readonly device: DeviceId;
  /** As it calls itself, or as it is called in the own circle if it is there. */
  readonly name: string;
  readonly role: DeviceRole;
  readonly scope: NamespaceId | undefined;
  /** Six digits, the same on both devices, for those who want to compare. */
  readonly code: string;
  /** Whether it is in the own circle already. */
  readonly isMember: boolean;
  /** Whether a third device, of the own circle, goes by the same name. */
  readonly isNameTaken: boolean;
  /** Whether this very device goes by the same name. */
  readonly isOwnName: boolean;
}

/** Asks the person; anything but true, and a rejection, is a no. Not waited for when the pairing ends before. */
export type Confirm = (peer: PairingPeer) => Promise<boolean>;

export interface Agreement {
  readonly self: PairingSelf;
  readonly side: PairingSide;
  readonly wire: Wire;
  readonly paired: Paired;
  readonly peer: RemoteDevice;
  /** How long both people together may take. */
  readonly confirmMs: number;
  readonly confirm: Confirm;
}

/** For each message that no person is waited for. */
export const STEP_MS = 10_000;
/** For the entrant to verify a long log and keep it. */
const ENTER_MS = 60_000;

export interface RemoteDevice {
  readonly record: DeviceRecord;
  readonly signed: SignedRecord;
}

/** Who the other one is: its record must name the key that the handshake proved. */
export const readRemoteDevice = (
  { crypto, own }: PairingSelf,
  { remoteKey, remoteRecord }: Paired,
): RemoteDevice => {
  let signed: unknown;
  try {
    signed = decodeOne(remoteRecord, {});
  } catch {
    throw failed();
  }
  const record = readRecord(crypto, signed);
  if (!equalBytes(record.channelKey, remoteKey)) throw failed();
  if (record.id === own.id) throw ownLink();
  return { record, signed: signed as SignedRecord };
};

type Members = Pick<DeviceLog, "circle" | "member">;

const lists = (log: Members, record: DeviceRecord): boolean => {
  const member = log.member(record.id);
  return member !== undefined && hasSameKeys(member.record, record);
};

export const agree = async (agreement: Agreement): Promise<Member> => {
  const { self, wire, paired } = agreement;
  const conversation = new Conversation(wire, paired.session, self.host.clock);
  wire.farewell = () => conversation.refuse("cancelled");
  try {
    return await reach(agreement, conversation);
  } catch (error) {
    conversation.refuse("unable");
    throw error;
  } finally {
    conversation.close();
  }
};

const reach = async (
  { self, side, paired, peer, confirmMs, confirm }: Agreement,
  conversation: Conversation,
): Promise<Member> => {
  const { book, role, scope } = self;
  const { record } = peer;
  const isListed = lists(book, record);
  const members = book.members().length;
  const offer = { circle: book.circle, members, lists: isListed, admits: book.mayAdmit };
  const ours: Offer = { ...offer, role, scope };
  // The session lets its initiator speak first.
  if (side === "joiner") conversation.send({ kind: "offer", offer: ours });
  const { offer: theirs } = await conversation.expect("offer", STEP_MS);
  if (side === "inviter") conversation.send({ kind: "offer", offer: ours });
  const admission = side === "inviter" ? admissionOf(ours, theirs) : admissionOf(theirs, ours);
  if ("error" in admission) throw admission.error;

  const name = (isListed ? book.member(record.id)?.name : undefined) ?? record.name;
  const own = book.member(self.own.id);
  const others = book.members().filter((member) => member !== own);
  await bothConfirm(conversation, self.host.clock, confirmMs, () =>
    confirm({
      device: record.id,
      name,
      role: theirs.role,
      scope: theirs.scope,
      code: paired.code,
      isMember: isListed,
      isNameTaken: isNameTaken(others, record.id, name),
      isOwnName: own?.name === name,
    }),
  );

  if (admission.admitter === side) await takeIn(book, peer, ours, theirs, conversation);
  else if (admission.admitter !== undefined) await enter(book, record, theirs, conversation);
  // What matters is kept by now: that the other side hears the last word is for it to wait for.
  await conversation.flushed(STEP_MS).catch(() => {});
  return book.member(record.id) as Member;
};

/** Resolves when both people have said yes; the first no ends it, whether or not the other one has answered. */
const bothConfirm = async (
  conversation: Conversation,
  clock: Clock,
  boundMs: number,
  ask: () => Promise<boolean>,
): Promise<void> => {
  let answer: boolean | undefined;
  const answered = Promise.resolve()
    .then(ask)
    .then(
      (yes) => void (answer = yes === true),
      () => void (answer = false),
    );
  const confirmed = async (): Promise<void> => {
    let [isTold, isAgreed] = [false, false];
    while (!isTold || !isAgreed) {
      await Promise.race([conversation.arrival(), ...(isTold ? [] : [answered])]);
      if (answer === false) {
        conversation.refuse("declined");
        throw refused("The pairing was declined on this device.");
      }
      if (answer === true && !isTold) {
        isTold = true;
        conversation.send({ kind: "agree" });
      }
      const message = conversation.take();
      if (message === undefined) continue;
      if (message.kind !== "agree" || isAgreed) throw outOfPlace();
      isAgreed = true;
    }
  };
  await within(clock, boundMs, confirmed(), () => {
    conversation.refuse("unanswered");
    return refused("The pairing was not confirmed on both devices in time.");
  });
};

const takeIn = async (
  book: LogBook,
  { record, signed }: RemoteDevice,
  ours: Offer,
  theirs: Offer,
  conversation: Conversation,
): Promise<void> => {
  // Meanwhile this device may have entered another circle.
  if (book.circle !== ours.circle) throw failed();
  await book.admit(signed, theirs.role, theirs.scope);
  if (!lists(book, record)) throw failed();
  for (const message of logMessages(book.operations)) {
    conversation.send(message);
    await conversation.flushed(STEP_MS);
  }
  await conversation.expect("done", ENTER_MS);
};

const enter = async (
  book: LogBook,
  admitter: DeviceRecord,
  { circle }: Offer,
  conversation: Conversation,
): Promise<void> => {
  const items: SignedItem[] = [];
  for (let isLast = false; !isLast;) {
    const message = await conversation.expect("log", STEP_MS);
    items.push(...message.items);
    if (items.length > MAX_OPERATIONS) throw outOfPlace();
    ({ isLast } = message);
  }
  const isExpected = (log: Members): boolean => log.circle === circle && lists(log, admitter);
  if (book.circle === circle) {
    await book.add(items);
    if (!isExpected(book)) throw failed();
  } else {
    await book.enter(items, isExpected);
  }
  conversation.send({ kind: "done" });
};
