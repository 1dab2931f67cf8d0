/**
 * Messages in a session's records: a message longer than one record goes in several, each with a byte in front that
 * says whether more follow (docs/channel.md, "Messages"). Every piece but the last is full, so that a message can be cut
 * in one way alone and its pieces cannot be many.
 */
import { concatBytes } from "../bytes/bytes.ts";
import { MasqError } from "../errors.ts";
import { MAX_DATA_BYTES } from "./record.ts";

const MORE = 0;
const LAST = 1;

/** What a record holds of a message: its data without the leading byte. */
export const MAX_PIECE_BYTES: number = MAX_DATA_BYTES - 1;

/** The data of one record after the other; the data of the last begin with 1, of all others with 0. */
export const splitMessage = (message: Uint8Array): Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  let start = 0;
  do {
    const end = Math.min(start + MAX_PIECE_BYTES, message.length);
    const flag = end === message.length ? LAST : MORE;
    pieces.push(concatBytes(Uint8Array.of(flag), message.subarray(start, end)));
    start = end;
  } while (start < message.length);
  return pieces;
};

/** Puts messages together again; it holds at most one that is not complete. */
export class MessageJoiner {
  readonly #maxBytes: number;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** `maxBytes`: of a whole message. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes the data of the next record, which become the joiner's, and returns the message they complete. Empty data, as
   * those of a session's answer, are no piece. Throws MASQ_MESSAGE_INVALID or MASQ_MESSAGE_TOO_LARGE, after which the
   * session has to end: what comes next would be read as something else.
   */
  push(data: Uint8Array): Uint8Array | undefined {
    if (data.length === 0) return undefined;
    const [flag] = data;
    const piece = data.subarray(1);
    const isForm = flag === LAST || (flag === MORE && piece.length === MAX_PIECE_BYTES);
    if (!isForm) {
      throw new MasqError(
        "MASQ_MESSAGE_INVALID",
        "A piece of a message is malformed. Nothing was done.",
      );
    }
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxBytes) {
      throw new MasqError(
        "MASQ_MESSAGE_TOO_LARGE",
        `A message is longer than ${this.#maxBytes} bytes. Nothing was done.`,
      );
    }
    this.#pieces.push(piece);
    if (flag === MORE) return undefined;
    const message = concatBytes(...this.#pieces);
    this.#pieces.length = 0;
    this.#bytes = 0;
    return message;
  }
}
