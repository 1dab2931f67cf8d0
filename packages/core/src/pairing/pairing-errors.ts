/** How a pairing ends without a new member, in words for the person in front of it. */
import { toMasqError } from "../defects.ts";
import { MasqError, type ErrorCode } from "../errors.ts";

export const failed = (cause?: unknown): MasqError =>
  new MasqError(
    "MASQ_PAIRING_FAILED",
    "The pairing was broken off: the connection to the other device was lost, or it did not answer as agreed. No data are lost. Pair again with a new link; if one device lists the other already, that completes it.",
    cause === undefined ? undefined : { cause },
  );

export const openedTwice = (): MasqError =>
  new MasqError(
    "MASQ_PAIRING_FAILED",
    "The invitation link was opened a second time: somebody else has it. The pairing was ended. Look at the list of your devices, then pair again with a new link that nobody else gets to see.",
  );

export const ownLink = (): MasqError =>
  new MasqError(
    "MASQ_INVITATION_OWN",
    "This invitation link was made on this very device. Open it on the other one. Nothing was changed.",
  );

/** For the device that displays the link. */
export const notUsed = (): MasqError =>
  new MasqError(
    "MASQ_INVITATION_EXPIRED",
    "Nobody has opened the invitation link in time. Nothing was changed; make a new one.",
  );

/** For the device on which the link was opened. */
export const nobodyThere = (): MasqError =>
  new MasqError(
    "MASQ_INVITATION_EXPIRED",
    "Nobody answers to this invitation link: it has been used, has expired, or the other device is not connected to the sync service. Nothing was changed; make a new link on the other device.",
  );

export const refused = (what: string): MasqError =>
  new MasqError("MASQ_PAIRING_REFUSED", `${what} Nothing was changed.`);

export const mayNotAdmit = (): MasqError =>
  refused(
    "A device that belongs together with a store can only be joined through the store. Make the invitation there.",
  );

export const scopesDiffer = (): MasqError =>
  refused(
    "The invitation is for something else: one of stores cannot be opened in an app, nor that of one app in another.",
  );

export const circlesDiffer = (): MasqError =>
  new MasqError(
    "MASQ_CIRCLE_CONFLICT",
    "Both devices belong together with other devices already. Nothing was changed and no data are lost. No device can leave its circle yet. To bring all together, make the devices of the smaller circle new ones, one by one, and pair them again: export what is nowhere else, then delete the site's data in the browser, or start the store with an empty data directory.",
  );

export const cancelled = (): MasqError =>
  new MasqError("MASQ_CLOSED", "The pairing was cancelled. No data are lost.");

/** Mistakes and attacks of the other end: which one it was is for the developer alone. */
const OF_THE_OTHER_END: ReadonlySet<ErrorCode> = new Set([
  "MASQ_SESSION_FAILED",
  "MASQ_MESSAGE_INVALID",
  "MASQ_MESSAGE_TOO_LARGE",
]);

export const toPairingError = (error: unknown): MasqError => {
  const own = toMasqError(error);
  return OF_THE_OTHER_END.has(own.code) ? failed(error) : own;
};
