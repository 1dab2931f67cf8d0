/** What the end of a connection to a sync service means for the person whose device lost it. */
import { MasqError } from "../errors.ts";
import { RELAY_CLOSE } from "./protocol.ts";

/** The longest that a relay may keep a device away at once. */
export const MAX_RETRY_AFTER_MS: number = 60 * 60 * 1000;

export const unreachable = (cause?: unknown): MasqError =>
  new MasqError(
    "MASQ_SYNC_SERVICE_UNREACHABLE",
    "The sync service does not answer. Everything is kept on this device, and sync goes on when it is back.",
    { cause },
  );

const refused = (reason: string): MasqError =>
  new MasqError(
    "MASQ_SYNC_SERVICE_REFUSED",
    `The sync service refused this device: ${reason} Everything is kept on this device.`,
  );

const REASONS: ReadonlyMap<number, string> = new Map([
  [RELAY_CLOSE.version, "its version does not fit. Update Masq or the sync service."],
  [RELAY_CLOSE.accessToken, "it asks for another access token. Ask whoever runs it."],
  [RELAY_CLOSE.rate, "too much at once."],
  [RELAY_CLOSE.tokens, "too many requests to meet other devices."],
  [RELAY_CLOSE.protocol, "it does not speak as agreed."],
  [RELAY_CLOSE.tooLarge, "a frame was too large."],
  [RELAY_CLOSE.text, "it does not speak as agreed."],
]);

/** For a close code of the relay, or one this device closed with. */
export const closedWith = (code: number): MasqError => {
  const reason = REASONS.get(code);
  return reason === undefined ? unreachable() : refused(reason);
};
