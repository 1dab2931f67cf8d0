/**
 * The two ways cryptographic code refuses. What the other end can cause is always the same error with the
 * same text, so that neither it nor a log can tell a bad tag from a bad point (Noise revision 34, section
 * 5.3: any error ends the handshake). What only our own code can cause is said as a defect.
 */
import { MasqError } from "../errors.ts";

/** The one refusal of everything cryptographic. `cause` stays on this side, for the developer. */
export const sessionFailed = (cause?: unknown): MasqError =>
  new MasqError(
    "MASQ_SESSION_FAILED",
    "The secure session failed and was closed. No unverified data was used; connect again.",
    cause === undefined ? undefined : { cause },
  );

/** Refuses an argument of the wrong length: a defect of the caller, never something a peer can cause. */
export const requireLength = (bytes: Uint8Array, length: number, what: string): void => {
  if (bytes.length !== length) {
    throw new MasqError(
      "MASQ_INTERNAL",
      `Cryptographic code was called with a ${what} of ${bytes.length} bytes instead of ${length}.`,
    );
  }
};
