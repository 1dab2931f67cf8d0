/** Who takes whom in: both sides come to the same answer from the same two offers (docs/pairing.md, "Who stays"). */
import type { MasqError } from "../errors.ts";
import type { Offer } from "./messages.ts";
import { circlesDiffer, mayNotAdmit, scopesDiffer } from "./pairing-errors.ts";

/** The one that made the link, or the one that opened it. */
export type PairingSide = "inviter" | "joiner";

export type Admission =
  /** Each lists the other already. */
  | { readonly admitter: undefined }
  /** This one stays as it is, and lists the other. */
  | { readonly admitter: PairingSide }
  | { readonly error: MasqError };

/** Whether it can list the other: it does already, or it may add it. */
const canAdmit = ({ lists, admits }: Offer): boolean => lists || admits;

export const admissionOf = (inviter: Offer, joiner: Offer): Admission => {
  if (inviter.scope !== joiner.scope) return { error: scopesDiffer() };
  const isSameCircle = inviter.circle === joiner.circle;
  if (isSameCircle && inviter.lists && joiner.lists) return { admitter: undefined };
  if (!isSameCircle && inviter.members > 1 && joiner.members > 1) return { error: circlesDiffer() };
  const isJoinerLarger = joiner.members > inviter.members;
  // Where neither gives anything up, the one that can.
  const isTie = joiner.members === inviter.members && !canAdmit(inviter);
  const admitter = isJoinerLarger || isTie ? "joiner" : "inviter";
  return canAdmit(admitter === "joiner" ? joiner : inviter)
    ? { admitter }
    : { error: mayNotAdmit() };
};
